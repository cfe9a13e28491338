package python

import (
	"encoding/json"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/devpm/devpm/extensions/protocol"
)

// What lies in the project is no library: not for plugins, and not for the shim,
// which imports before it has asked anybody.
func TestTheProjectIsNoLibrary(t *testing.T) {
	dir := project(t, map[string]string{"p.py": good})
	for _, name := range []string{"json", "codecs", "traceback", "signal", "io", "base64"} {
		write(t, filepath.Join(dir, name+".py"), "raise RuntimeError('a file of the project was imported')\n")
	}
	_, d := plugins(t, dir, protocol.ModePlan)
	if len(d.Notices) > 0 || len(d.Registrations) != 1 {
		t.Errorf("got %+v", d)
	}
}

// A plugin may replace what it likes of the libraries; the conversation goes on,
// and so do the other plugins.
func TestAPluginThatReplacesLibraries(t *testing.T) {
	dir := project(t, map[string]string{
		"a.py": `import atexit, io, json, os, signal, sys, traceback
json.dumps = json.loads = os.write = os.read = os.dup2 = os.getpid = signal.signal = None
sys.modules["json"] = sys.modules["traceback"] = None
class Out:
    def write(self, text): 1 / 0
    def flush(self): 1 / 0
sys.stdout = Out()
`,
		"b.py": good,
		"c.py": stepThat("s", "return make_plan_step('s', 'd', 'noop', False, 'r')"),
	})
	c, d := plugins(t, dir, protocol.ModePlan)
	if len(d.Notices) > 0 || len(d.Registrations) != 2 {
		t.Fatalf("got %+v", d)
	}
	for range 2 {
		c.must(protocol.MethodEvaluate, protocol.StepParams{ID: "s"}, nil)
	}
	c.must(protocol.MethodRunHook, protocol.HookParams{ID: "good", Phase: "pre_up"}, nil)
}

// An extension that closes what it did not open ends, and says why.
func TestAPluginThatClosesTheConversation(t *testing.T) {
	for name, evaluate := range map[string]string{
		"both ways":        "import os\nos.closerange(3, 64)",
		"what devpm says":  "import os, time\nos.close(3)\nprint('closed')\ntime.sleep(60)",
		"what devpm hears": "import os, time\nos.close(4)\nprint('closed')\ntime.sleep(60)",
	} {
		t.Run(name, func(t *testing.T) {
			c, _ := plugins(t, project(t, map[string]string{"p.py": stepThat("s", evaluate)}), protocol.ModePlan)
			c.send(protocol.MethodEvaluate, protocol.StepParams{ID: "s"})
			if name == "what devpm says" {
				c.await("closed")
				c.write("{}") // is read once more
				if m, err := c.receive(); err != nil || m.Error == nil {
					t.Fatalf("got %+v, %v", m, err)
				}
			}
			if m, err := c.receive(); err == nil {
				t.Fatalf("it goes on: %+v", m)
			}
			c.cmd.Wait()
			if said := c.stderr.String(); !strings.Contains(said, "devpm: the streams to devpm are closed, perhaps by the extension: ") {
				t.Errorf("standard error: %q", said)
			}
		})
	}
}

// Exceptions can do anything when they are looked at.
func TestExceptionsThatResist(t *testing.T) {
	const shout = `class Loud(Exception):
    def __str__(self): raise SystemExit(3)
    @property
    def exit_code(self): raise ValueError("no")
class Sly(Exception):
    @property
    def reason(self): raise ValueError("no")
class Odd:
    def __repr__(self): raise ValueError("no")
`
	tests := []struct{ raise, message string }{
		{"Loud()", "Loud"},
		{"Sly()", "Sly, which says nothing of itself"},
		{"SystemExit(Odd())", "it wanted to end the program, with status of a Odd; an extension must not"},
		{"ValueError('x' * (9 << 20))", "ValueError: " + strings.Repeat("x", 100)},
		{"OSError('\\ud800')", "OSError: "},
	}
	files := map[string]string{"zz.py": good}
	for i, tt := range tests {
		files["load"+string(rune('a'+i))+".py"] = shout + "raise " + tt.raise + "\n"
		files["step"+string(rune('a'+i))+".py"] = shout + stepThat("s"+string(rune('a'+i)), "raise "+tt.raise)
	}
	c, d := plugins(t, project(t, files), protocol.ModePlan)
	if len(d.Notices) != len(tests) || len(d.Registrations) != len(tests)+1 {
		t.Fatalf("%d notices, %d registrations", len(d.Notices), len(d.Registrations))
	}
	for i, tt := range tests {
		name := string(rune('a' + i))
		if n := d.Notices[i]; !strings.HasPrefix(n.Message, tt.message) || n.Extension != "load"+name || len(n.Message) > 10_000 {
			t.Errorf("%s while it is loaded: %.200q of %s", tt.raise, n.Message, n.Extension)
		}
		e := c.call(protocol.MethodEvaluate, protocol.StepParams{ID: "s" + name}, nil)
		if e == nil || !strings.HasPrefix(e.Message, tt.message) || e.Data == nil || e.Data.Source != ".odpm/plugins/step"+name+".py" {
			t.Errorf("%s: %+v", tt.raise, e)
		}
	}
}

func TestAValueThatHoldsItselfIsFoundAtOnce(t *testing.T) {
	dir := project(t, map[string]string{"p.py": head + `
class F:
    def compose_services(self, ctx):
        a = []
        a += [a, a, a]
        return {"web": a}
register_compose_fragment("f", F())
`})
	c, _ := plugins(t, dir, protocol.ModePlan)
	if e := c.call(protocol.MethodServices, protocol.NameParams{Name: "f"}, nil); e == nil || !strings.HasPrefix(e.Message, "the answer is not JSON: ") {
		t.Errorf("got %+v", e)
	}
}

// outputs joins what a command printed.
func (c *client) outputs() string {
	var out strings.Builder
	for _, n := range c.notes {
		var p protocol.OutputParams
		if n.Method == protocol.NotifyOutput && json.Unmarshal(n.Params, &p) == nil {
			out.WriteString(p.Text)
		}
	}
	return out.String()
}

func TestLettersOfACommandStayWhole(t *testing.T) {
	root := t.TempDir()
	write(t, filepath.Join(root, "tools.py"), `import sys
from devpm_extension import Extension
extension = Extension("tools")

@extension.command("long")
def long(ctx, args, fields):
    print("a" + "ü" * (1 << 20))

@extension.command("parts")
def parts(ctx, args, fields):
    for part in (b"\xc3", b"\xbc\xe2\x82", b"\xac\n", b"\xc3"):
        sys.stdout.buffer.write(part)
        sys.stdout.flush()

@extension.command("after")
def after(ctx, args, fields):
    print("whole")

@extension.command("yes")
def yes(ctx, args, fields):
    return True
`)
	c, _, _ := packaged(t, Package{Name: "tools", Root: root, Entry: "tools"}, protocol.ModeExecute)
	for _, tt := range [][2]string{{"long", "a" + strings.Repeat("ü", 1<<20) + "\n"}, {"parts", "ü€\n\ufffd"}, {"after", "whole\n"}} {
		c.notes = nil
		c.must(protocol.MethodCommand, protocol.CommandParams{Name: tt[0]}, nil)
		if got := c.outputs(); got != tt[1] {
			t.Errorf("%s: got %d bytes, want %d: %.40q", tt[0], len(got), len(tt[1]), got)
		}
	}
	if e := c.call(protocol.MethodCommand, protocol.CommandParams{Name: "yes"}, nil); e == nil || e.Message != "yes() returned True, not an exit code, a message or a dict" {
		t.Errorf("got %+v", e)
	}
}

// A process that a plugin forks has the conversation open too, and must not take
// part in it.
func TestAForkedProcessIsNotInTheConversation(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no fork")
	}
	dir := project(t, map[string]string{"p.py": head + `
import multiprocessing, os
def work(n):
    print("child %d" % n, "x" * 100000)
class R:
    def run_pre_up(self, ctx):
        fork = multiprocessing.get_context("fork")
        children = [fork.Process(target=work, args=(n,)) for n in range(4)]
        for child in children: child.start()
        for child in children: child.join()
        assert [child.exitcode for child in children] == [0, 0, 0, 0]
    def run_post_up(self, ctx):
        child = os.fork()
        if child:
            assert os.waitpid(child, 0)[1] >> 8 == 1
register_hook_runner("r", R())
`})
	c, _ := plugins(t, dir, protocol.ModeExecute)
	c.must(protocol.MethodRunHook, protocol.HookParams{ID: "r", Phase: "pre_up"}, nil)
	if n := len(c.logs()); n != 0 {
		t.Errorf("%d messages of children", n)
	}
	c.must(protocol.MethodRunHook, protocol.HookParams{ID: "r", Phase: "post_up"}, nil)
	c.must(protocol.MethodShutdown, struct{}{}, nil)
	if m, err := c.receive(); err == nil {
		t.Errorf("an answer more: %+v", m)
	}
	c.cmd.Wait()
	for _, want := range []string{"child 3", "a process that the extension forked came back"} {
		if !strings.Contains(c.stderr.String(), want) {
			t.Errorf("standard error lacks %q", want)
		}
	}
}
