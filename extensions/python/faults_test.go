package python

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/extensions/protocol"
)

const head = `from dev_project.extensions import *
from dev_project.prepare.helpers import make_plan_step
`

// stepThat is a plugin with one step, whose evaluate is the text.
func stepThat(id, evaluate string) string {
	return head + `class Step:
    id, description = "` + id + `", "d"
    def evaluate(self, ctx):
        ` + strings.ReplaceAll(strings.TrimSpace(evaluate), "\n", "\n        ") + `
    def execute(self, ctx): pass
register_prepare_step(Step())
`
}

// good is a plugin that must be there whatever another one does.
const good = head + `register_hook_runner("good", type("R", (), {"run_pre_up": lambda self, ctx: None}))
`

func TestEveryPluginThatCannotBeLoadedIsNamedAndTheOthersAre(t *testing.T) {
	tests := []struct {
		name, text string
		code       diag.Code
		line       int
		message    string
		fix        string // part of it
	}{
		{"an exception", "x = 1\nx.y\n", diag.PluginLoad, 2, "AttributeError: 'int' object has no attribute 'y'", ""},
		{"a syntax error", "x = 1\ndef f(:\n", diag.PluginLoad, 2, "SyntaxError: invalid syntax", ""},
		{"a null byte", "x\x00", diag.PluginLoad, 0, "", ""},
		{"a library that is not there", "import surely_not_there\n", diag.PluginLoad, 1, "ModuleNotFoundError: No module named 'surely_not_there'", "install it"},
		{"a part of odpm that is not for plugins", "\nfrom dev_project.config import Config\n", diag.PluginLoad, 2, "ModuleNotFoundError: No module named 'dev_project.config'", "docs/extensions/python.md"},
		{"SystemExit", "import sys\nsys.exit(3)\n", diag.PluginLoad, 2, "it wanted to end the program, with status 3; an extension must not", "raise an exception"},
		{"os._exit", "import os\nos._exit(3)\n", diag.PluginLoad, 2, "it wanted to end the program, with status 3; an extension must not", "raise an exception"},
		{"KeyboardInterrupt", "raise KeyboardInterrupt\n", diag.PluginLoad, 1, "KeyboardInterrupt", ""},
		{"endless recursion", "def f(): f()\nf()\n", diag.PluginLoad, 1, "RecursionError: maximum recursion depth exceeded", ""},
		{"API 9.9", strings.Replace(good, `"good"`, `"other"`, 1) + "EXTENSION_API_VERSION = \"9.9\"\n", diag.PluginAPI, 4, "the plugin bad asks for version 9.9 of the extension API; supported are 1.0, 1.1", "version 1.1"},
		{"API 2.0, asserted", "from dev_project.extensions.api import *\nassert_extension_api_compatible(\"2.0\", plugin_id=\"me\")\n", diag.PluginAPI, 2, "the plugin me asks for version 2.0 of the extension API; supported are 1.0, 1.1", ""},
		{"a name that is taken", good, diag.PluginRegisters, 3, `ValueError: the hook runner "good" is registered twice: by .odpm/plugins/aaa.py and by .odpm/plugins/bad.py`, "another name"},
		{"a step without evaluate", head + "register_prepare_step(type('S', (), {'id': 'x'})())\n", diag.PluginRegisters, 3, "the prepare step 'x' has no method evaluate(ctx)", "python.md"},
		{"a step without id", head + "register_prepare_step(type('S', (), {'evaluate': print, 'execute': print})())\n", diag.PluginRegisters, 3, "a prepare step needs a name of letters, digits, dots, dashes and underscores, such as mycompany.custom.step, not None", ""},
		{"a name with a blank", head + "register_hook_runner('a b', type('R', (), {'run_pre_up': print}))\n", diag.PluginRegisters, 3, "a hook runner needs a name of letters", ""},
		{"patches of a fragment that is there", head + "register_compose_fragment('last', type('F', (), {'compose_service_patches': {}}))\n", diag.PluginRegisters, 3, `ValueError: the compose fragment "last" is registered twice: by .odpm/plugins/aab.py and by .odpm/plugins/bad.py`, ""},
		{"an order that is no number", head + "register_prepare_step(type('S', (), {'id': 'x', 'evaluate': print, 'execute': print, 'order': '1'})())\n", diag.PluginRegisters, 3, "the order of the prepare step 'x' is a whole number, not '1'", ""},
		{"a fragment with nothing", head + "register_compose_fragment('f', object())\n", diag.PluginRegisters, 3, "the compose fragment 'f' has no method compose_services(ctx)", ""},
		{"a runner with nothing", head + "register_hook_runner('r', object())\n", diag.PluginRegisters, 3, "the hook runner 'r' has no method run_post_clone(ctx) or of another phase", ""},
	}
	// All in one project: what one does must not keep the next from being loaded.
	files := map[string]string{"aaa.py": good, "aab.py": head + "register_compose_fragment('last', type('F', (), {'compose_services': lambda self, ctx: {}}))\n"}
	for i, tt := range tests {
		files[fmt.Sprintf("bad%02d.py", i)] = tt.text
	}
	_, d := plugins(t, project(t, files), protocol.ModePlan)
	if got := kinds(d); !slices.Equal(got, []string{"hook good", "compose_fragment last"}) {
		t.Errorf("registered: %v", got)
	}
	if len(d.Notices) != len(tests) {
		t.Fatalf("%d notices for %d plugins: %+v", len(d.Notices), len(tests), d.Notices)
	}
	for i, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			n, name := d.Notices[i], fmt.Sprintf("bad%02d", i)
			if n.Code != string(tt.code) || n.Severity != "error" || n.Source != ".odpm/plugins/"+name+".py" || n.Extension != name {
				t.Errorf("got %+v", n)
			}
			want := strings.ReplaceAll(tt.message, "bad", name)
			if tt.line != 0 && n.Line != tt.line || !strings.HasPrefix(n.Message, want) || !strings.Contains(n.Fix, tt.fix) {
				t.Errorf("got line %d, %q, fix %q", n.Line, n.Message, n.Fix)
			}
		})
	}
}

func TestAFaultWhileAnsweringNamesFileAndLine(t *testing.T) {
	tests := []struct {
		name, evaluate string
		mode           protocol.Mode
		code, line     int
		message, fix   string
		exit           int
	}{
		{"an exception", "x = 1\nreturn x + 'a'", protocol.ModePlan, protocol.CodeFailed, 7, "TypeError: unsupported operand type(s) for +: 'int' and 'str'", "", 0},
		{"an exception in a library", "import json\njson.loads('{')", protocol.ModePlan, protocol.CodeFailed, 7, "JSONDecodeError: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)", "", 0},
		{"SystemExit", "import sys\nsys.exit('no')", protocol.ModePlan, protocol.CodeFailed, 7, "it wanted to end the program, with status 'no'; an extension must not", "raise", 0},
		{"os._exit", "import os\nos._exit(0)", protocol.ModePlan, protocol.CodeFailed, 7, "it wanted to end the program, with status 0; an extension must not", "raise", 0},
		{"KeyboardInterrupt", "raise KeyboardInterrupt", protocol.ModePlan, protocol.CodeFailed, 6, "KeyboardInterrupt", "", 0},
		{"ConfigError", "from dev_project.errors import ConfigError\nraise ConfigError('set X')", protocol.ModePlan, protocol.CodeConfig, 7, "ConfigError: set X", "", 1},
		{"PipelineError with a code", "from dev_project.errors import PipelineError\nraise PipelineError('it broke', exit_code=7)", protocol.ModePlan, protocol.CodeFailed, 7, "PipelineError: it broke", "", 7},
		{"nothing", "pass", protocol.ModePlan, protocol.CodeConfig, 0, "evaluate() of the step s returned nothing, not a step: use make_plan_step()", "the extension has to answer with something else", 0},
		{"a list", "return []", protocol.ModePlan, protocol.CodeConfig, 0, "evaluate() of the step s returned a list, not a step: use make_plan_step()", "the extension has to answer with something else", 0},
		{"an outcome that is none", "return make_plan_step('s', 'd', 'later', True, 'r')", protocol.ModePlan, protocol.CodeConfig, 0, "evaluate() of the step s has the outcome 'later'; outcomes are run, update, noop, skip", "the extension has to answer with something else", 0},
		{"a write that is refused", "raise PermissionError(13, 'Permission denied', '/somewhere/x')", protocol.ModePlan, protocol.CodeFailed, 6,
			"PermissionError: [Errno 13] Permission denied: '/somewhere/x'; while devpm plans, an extension may not write files, open connections or start programs", "execute()", 0},
		{"the same while executing", "raise PermissionError(13, 'Permission denied', '/somewhere/x')", protocol.ModeExecute, protocol.CodeFailed, 6,
			"PermissionError: [Errno 13] Permission denied: '/somewhere/x'", "", 0},
		{"a change of the context", "ctx.manifest_schema = 3", protocol.ModePlan, protocol.CodeFailed, 6, "AttributeError: cannot assign to PrepareContext.manifest_schema: what devpm tells an extension cannot be changed", "", 0},
		{"a change inside of the context", "ctx.manifest_services['redis']['image'] = 'x'", protocol.ModePlan, protocol.CodeFailed, 6,
			"TypeError: what devpm tells an extension cannot be changed; make a copy first: copy.deepcopy(value)", "", 0},
		{"what odpm has and devpm has not", "ctx.system_checker", protocol.ModePlan, protocol.CodeFailed, 6, "AttributeError: devpm gives plugins no PrepareContext.system_checker; there is ", "", 0},
	}
	files := map[string]string{}
	for i, tt := range tests {
		files[fmt.Sprintf("p%02d.py", i)] = stepThat(fmt.Sprintf("s%02d", i), tt.evaluate)
	}
	dir := project(t, files)
	for _, mode := range []protocol.Mode{protocol.ModePlan, protocol.ModeExecute} {
		c, d := plugins(t, dir, mode)
		if len(d.Notices) > 0 {
			t.Fatal(d.Notices)
		}
		for i, tt := range tests {
			if tt.mode != mode {
				continue
			}
			t.Run(tt.name, func(t *testing.T) {
				id := fmt.Sprintf("s%02d", i)
				want := strings.ReplaceAll(tt.message, "step s", "step "+id)
				for range 2 { // it survives
					e := c.call(protocol.MethodEvaluate, protocol.StepParams{ID: id}, nil)
					if e == nil || e.Code != tt.code || !strings.HasPrefix(e.Message, want) || e.Data == nil {
						t.Fatalf("got %+v", e)
					}
					if e.Data.Source != fmt.Sprintf(".odpm/plugins/p%02d.py", i) || e.Data.Line != tt.line || !strings.Contains(e.Data.Fix, tt.fix) || (tt.fix == "") != (e.Data.Fix == "") || e.Data.ExitCode != tt.exit {
						t.Errorf("got %+v", e.Data)
					}
				}
			})
		}
	}
}

func TestAnswersThatAreNoJSONSayWhere(t *testing.T) {
	tests := [][2]string{
		{"None", "compose_services() of the fragment f is nothing, not a dict"},
		{"['a']", "compose_services() of the fragment f is a list, not a dict"},
		{"{'web': {'x': float('nan')}}", "the answer is not JSON: services.web.x is nan"},
		{"{'web': {'ports': [1, {2}]}}", "the answer is not JSON: services.web.ports[1] is a set"},
		{"{'web': {'at': object}}", "the answer is not JSON: services.web.at is a type"},
		{"{'web': {(1, 2): 3}}", "the answer is not JSON: services.web has the key (1, 2), which is no text"},
		{"{'web': 'x' * (9 << 20)}", "the answer has 9437242 bytes, and a message may have 8388608"},
		{"(lambda d: d.update(d=d) or d)({})", "the answer is not JSON: "},
		{"{'a': __import__('os').environ['?']}", "KeyError: '?'"},
	}
	text := head
	for i, tt := range tests {
		text += fmt.Sprintf("class F:\n    def compose_services(self, ctx):\n        return %s\nregister_compose_fragment('f%d', F())\n", tt[0], i)
	}
	c, _ := plugins(t, project(t, map[string]string{"p.py": text}), protocol.ModePlan)
	for i, tt := range tests {
		want := strings.ReplaceAll(tt[1], "fragment f", fmt.Sprintf("fragment f%d", i))
		e := c.call(protocol.MethodServices, protocol.NameParams{Name: fmt.Sprintf("f%d", i)}, nil)
		if e == nil || !strings.HasPrefix(e.Message, want) {
			t.Errorf("%s: got %+v", tt[0], e)
		}
	}
}

func TestWhatIsLikeJSONIsTaken(t *testing.T) {
	dir := project(t, map[string]string{"p.py": head + `
import collections, pathlib, types
class F:
    def compose_services(self, ctx):
        return collections.OrderedDict(web=types.MappingProxyType({"p": pathlib.PurePosixPath("/a"), "t": (1, 2)}), **ctx.manifest_services)
    compose_service_patches = {"odoo": {"tty": True}}
register_compose_fragment("f", F())
`})
	c, _ := plugins(t, dir, protocol.ModePlan)
	var s protocol.Services
	c.must(protocol.MethodServices, protocol.NameParams{Name: "f"}, &s)
	same(t, s.Services, `{"web":{"p":"/a","t":[1,2]},"redis":{"image":"redis:7","ports":["6379:6379"]}}`)
	var p protocol.Patches
	c.must(protocol.MethodPatches, protocol.NameParams{Name: "f"}, &p)
	same(t, p.ServicePatches, `{"odoo":{"tty":true}}`)
}

func TestRequestsThatAreNoneAreAnswered(t *testing.T) {
	c, _ := plugins(t, project(t, map[string]string{"p.py": good}), protocol.ModePlan)
	for line, want := range map[string]int{
		`{`: protocol.CodeParse, `{"a":NaN}`: protocol.CodeParse, `[]`: protocol.CodeInvalidRequest, `{"jsonrpc":"2.0","id":9}`: protocol.CodeInvalidRequest,
		`{"jsonrpc":"2.0","id":9,"method":"what"}`:                                                  protocol.CodeMethodNotFound,
		`{"jsonrpc":"2.0","id":9,"method":"describe","params":[]}`:                                  protocol.CodeInvalidParams,
		`{"jsonrpc":"2.0","id":9,"method":"prepare.evaluate","params":{}}`:                          protocol.CodeInvalidParams,
		`{"jsonrpc":"2.0","id":[],"method":"describe"}`:                                             protocol.CodeInvalidRequest,
		`{"jsonrpc":"2.0","id":9,"method":"initialize","params":{}}`:                                protocol.CodeInvalidRequest,
		`{"jsonrpc":"2.0","id":9,"method":"hooks.run","params":{"id":"good","phase":"post_clone"}}`: protocol.CodeConfig, // HOOK-13
	} {
		c.write(line)
		m, err := c.receive()
		if err != nil || m.Error == nil || m.Error.Code != want {
			t.Errorf("%s: got %+v, %+v, %v", line, m, m.Error, err)
		}
	}
	c.write(`{"jsonrpc":"2.0","method":"$/unknown","params":{}}`)
	c.write(`{"jsonrpc":"2.0","id":77,"result":{}}`)
	c.must(protocol.MethodRunHook, protocol.HookParams{ID: "good", Phase: "pre_up"}, nil)
	c.must(protocol.MethodShutdown, struct{}{}, nil)
	if _, err := c.receive(); err == nil {
		t.Error("it goes on after shutdown")
	}
}

func TestCancelledRequestsEnd(t *testing.T) {
	dir := project(t, map[string]string{"p.py": head + `
import time
class R:
    def run_pre_up(self, ctx):
        print("at work")
        try:
            time.sleep(60)
        except Exception:
            pass
    def run_post_up(self, ctx):
        print("at work")
        while True: # a message that is cut short would be garbage
            print("x" * 100000)
register_hook_runner("r", R())
`})
	c, _ := plugins(t, dir, protocol.ModeExecute)
	for _, phase := range []string{"pre_up", "post_up"} {
		id := c.send(protocol.MethodRunHook, protocol.HookParams{ID: "r", Phase: phase})
		waiting := c.send(protocol.MethodDescribe, struct{}{})
		c.await("at work")
		c.notes = nil
		for _, id := range []int{waiting, id, 999} {
			c.write(fmt.Sprintf(`{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":%d}}`, id))
		}
		for range 2 {
			m, err := c.receive()
			if err != nil || m.Error == nil || m.Error.Code != protocol.CodeCancelled {
				t.Fatalf("got %+v, %v", m, err)
			}
			if string(m.ID) == fmt.Sprint(id) && (m.Error.Data == nil || m.Error.Data.Source != ".odpm/plugins/p.py" || m.Error.Data.Line == 0) {
				t.Errorf("got %+v", m.Error)
			}
		}
	}
	c.must(protocol.MethodDescribe, struct{}{}, nil)
}

// A signal can come when nobody looks, such as right before a call that waits.
func TestACancellationIsNotLost(t *testing.T) {
	dir := project(t, map[string]string{"p.py": head + `
import signal, time
class R:
    def run_pre_up(self, ctx):
        handler = signal.signal(signal.SIGINT, signal.SIG_IGN)
        print("at work")
        time.sleep(1)
        signal.signal(signal.SIGINT, handler)
        time.sleep(60)
register_hook_runner("r", R())
`})
	c, _ := plugins(t, dir, protocol.ModeExecute)
	id := c.send(protocol.MethodRunHook, protocol.HookParams{ID: "r", Phase: "pre_up"})
	c.await("at work")
	c.write(fmt.Sprintf(`{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":%d}}`, id))
	if m, err := c.receive(); err != nil || m.Error == nil || m.Error.Code != protocol.CodeCancelled {
		t.Fatalf("got %+v, %v", m, err)
	}
	c.must(protocol.MethodDescribe, struct{}{}, nil)
}

// await waits for a log line.
func (c *client) await(text string) {
	c.t.Helper()
	for m := range c.lines {
		c.notes = append(c.notes, m)
		if strings.Contains(string(m.Params), text) {
			return
		}
	}
	c.t.Fatal("it ended")
}

// A module that never ends is told to stop, and the answer names it.
func TestALoadThatIsCancelledNamesThePlugin(t *testing.T) {
	dir := project(t, map[string]string{"a.py": good, "slow.py": "import time\nprint('at work')\ntime.sleep(60)\n"})
	p := Program(interpreter(t), dir, nil, modulesIn(dir), nil)
	c := start(t, p.Argv, p.Dir, p.Env, p.Preamble)
	id := c.send(protocol.MethodInitialize, opened(dir, protocol.ModePlan))
	c.await("at work")
	c.write(fmt.Sprintf(`{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":%d}}`, id))
	m, err := c.receive()
	if err != nil || m.Error == nil || m.Error.Code != protocol.CodeCancelled || m.Error.Data.Source != ".odpm/plugins/slow.py" || m.Error.Data.Line < 2 {
		t.Errorf("got %+v, %+v, %v", m, m.Error, err)
	}
}

// What ends the process at once, a crash of a library, leaves file and line on
// standard error.
func TestACrashNamesThePlugin(t *testing.T) {
	dir := project(t, map[string]string{"p.py": stepThat("s", "import ctypes\nctypes.string_at(0)")})
	c, _ := plugins(t, dir, protocol.ModePlan)
	c.send(protocol.MethodEvaluate, protocol.StepParams{ID: "s"})
	if _, err := c.receive(); err == nil {
		t.Fatal("it goes on")
	}
	c.cmd.Wait()
	if said := c.stderr.String(); !strings.Contains(said, `.odpm/plugins/p.py", line 7 in evaluate`) {
		t.Errorf("standard error: %s", said)
	}
}

func TestWhatAPluginPrintsIsLog(t *testing.T) {
	dir := project(t, map[string]string{"p.py": head + `
import logging, os, subprocess, sys
print("loading")
logging.getLogger("x").warning("two\nlines")
class R:
    def run_pre_up(self, ctx):
        print("a", "b", sep="\n", end="")
        sys.stdout.write("c\r\n")
        sys.stdout.buffer.write("ü\n".encode())
        sys.stdout.flush()
        logging.info("info %d", 1)
        logging.debug("not shown")
        try:
            1 / 0
        except ZeroDivisionError:
            logging.exception("oh")
        os.write(1, b"by descriptor\n")
        subprocess.run(["echo", "by a child"], check=True)
        assert sys.stdin.read() == ""
        print("no end", end="")
register_hook_runner("r", R())
`})
	c, _ := plugins(t, dir, protocol.ModeExecute)
	c.must(protocol.MethodRunHook, protocol.HookParams{ID: "r", Phase: "pre_up"}, nil)
	at := " .odpm/plugins/p.py: "
	want := []string{"info" + at + "loading", "warning" + at + "two", "warning" + at + "lines", "info" + at + "a", "info" + at + "bc", "info" + at + "ü", "info" + at + "info 1", "error" + at + "oh", "error" + at + "Traceback (most recent call last):"}
	got := c.logs()
	if len(got) < len(want) {
		t.Fatalf("got %q", got)
	}
	if diff := cmp.Diff(want, got[:len(want)]); diff != "" {
		t.Error(diff)
	}
	if last := got[len(got)-1]; last != "info"+at+"no end" {
		t.Errorf("last: %q", last)
	}
	c.must(protocol.MethodShutdown, struct{}{}, nil)
	c.receive()
	c.cmd.Wait()
	for _, text := range []string{"by descriptor", "by a child"} {
		if !strings.Contains(c.stderr.String(), text) {
			t.Errorf("standard error lacks %q: %q", text, c.stderr.String())
		}
	}
}

func TestAnOldPythonSaysSo(t *testing.T) {
	for _, version := range []string{"2.7", "3.6", "3.7"} {
		t.Run(version, func(t *testing.T) {
			i := old(t, version)
			p := Program(i, t.TempDir(), nil, []Module{{Name: "a", Path: "/a.py", Source: "a.py"}}, nil)
			if version == "2.7" { // knows no -X
				p.Argv = slices.Delete(p.Argv, 2, 4)
			}
			c := start(t, p.Argv, p.Dir, p.Env, p.Preamble)
			e := c.call(protocol.MethodInitialize, opened(p.Dir, protocol.ModePlan), nil)
			if e == nil || e.Code != protocol.CodeConfig || !strings.Contains(e.Message, "is Python "+version) || !strings.HasSuffix(e.Message, "; extensions need 3.8 or later") {
				t.Errorf("got %+v", e)
			}
		})
	}
}
