package python

import (
	"archive/zip"
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/devpm/devpm/extensions/protocol"
)

// zipOf writes an archive and returns its path.
func zipOf(t *testing.T, name string, files map[string]string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w := zip.NewWriter(f)
	for name, text := range files {
		part, err := w.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := part.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// packaged starts a package.
func packaged(t *testing.T, p Package, mode protocol.Mode) (*client, protocol.Initialized, protocol.Description) {
	t.Helper()
	dir := t.TempDir()
	program := PackageProgram(interpreter(t), p, dir, []string{"PATH=" + os.Getenv("PATH"), "PYTHONPATH=/nowhere"})
	c := start(t, program.Argv, program.Dir, program.Env, program.Preamble)
	var opening protocol.Initialized
	c.must(protocol.MethodInitialize, opened(dir, mode), &opening)
	var d protocol.Description
	c.must(protocol.MethodDescribe, struct{}{}, &d)
	return c, opening, d
}

// The same package runs from its zip and from a directory, with a path of its own
// and a wheel behind it.
func TestAPackageRunsFromItsZipAndFromADirectory(t *testing.T) {
	files := map[string]string{
		"tools.py":      "from devpm_extension import Extension\nimport helper, wheeled\nextension = Extension('other name')\n\n@extension.fragment('mail')\ndef services(ctx):\n    return {'mail': {'image': helper.image + wheeled.tag + ctx.stack}}\n\n@extension.hook('boom', phases=['pre_up'])\ndef boom(ctx, phase):\n    helper.boom()\n",
		"lib/helper.py": "image = 'axllent/mailpit'\n\ndef boom():\n    raise RuntimeError('oh')\n",
	}
	wheel := zipOf(t, "tools-1.0-py3-none-any.whl", map[string]string{"wheeled.py": "tag = ':v1-'\n", "helper.py": "raise ImportError('a path before this one has it')\n"})
	archive := zipOf(t, "tools.zip", files)
	dir := t.TempDir()
	for name, text := range files {
		write(t, filepath.Join(dir, name), text)
	}
	for name, root := range map[string]string{"zip": archive, "directory": dir} {
		t.Run(name, func(t *testing.T) {
			c, opening, d := packaged(t, Package{Name: "tools", Version: "1.0.0", Root: root, Extra: []string{filepath.Join(root, "lib"), wheel}, Entry: "tools"}, protocol.ModeExecute)
			if diff := cmp.Diff(protocol.Initialized{ProtocolVersion: 1, Extension: protocol.Party{Name: "tools", Version: "1.0.0"}, Capabilities: []protocol.Capability{protocol.ComposeFragment, protocol.Hooks}}, opening); diff != "" {
				t.Error(diff)
			}
			if len(d.Registrations) != 2 || d.Registrations[0].Source != "tools.py" || len(d.Notices) != 0 {
				t.Fatalf("got %+v", d)
			}
			var s protocol.Services
			c.must(protocol.MethodServices, protocol.NameParams{Name: "mail"}, &s)
			same(t, s.Services, `{"mail":{"image":"axllent/mailpit:v1-odoo"}}`)
			e := c.call(protocol.MethodRunHook, protocol.HookParams{ID: "boom", Phase: "pre_up"}, nil)
			if e == nil || e.Message != "RuntimeError: oh" || e.Data.Source != "lib/helper.py" || e.Data.Line != 4 {
				t.Errorf("got %+v", e)
			}
			if _, err := os.Stat(filepath.Join(dir, "__pycache__")); err == nil {
				t.Error("something was written beside the modules")
			}
		})
	}
}

func TestAPackageThatCannotBeLoadedSaysWhy(t *testing.T) {
	for text, want := range map[string]string{
		"":                 "mod.py registers nothing",
		"import not_there": "ModuleNotFoundError: No module named 'not_there'",
		"from devpm_extension import Extension\ne = Extension()\n@e.fragment('a')\ndef a(ctx): pass\n@e.fragment('a')\ndef b(ctx): pass\n": `ValueError: the compose fragment "a" is registered twice: by mod.py`,
		"from devpm_extension import nothing": "ImportError: cannot import name 'nothing' from 'devpm_extension'",
	} {
		_, opening, d := packaged(t, Package{Name: "tools", Root: zipOf(t, "x.zip", map[string]string{"mod.py": text}), Entry: "mod"}, protocol.ModePlan)
		if len(opening.Capabilities) != 0 || len(d.Registrations) != 0 || len(d.Notices) != 1 || !strings.HasPrefix(d.Notices[0].Message, want) || d.Notices[0].Severity != "error" || d.Notices[0].Source != "mod.py" {
			t.Errorf("%q: got %+v, %+v", text, opening, d)
		}
	}
	_, _, d := packaged(t, Package{Name: "tools", Root: t.TempDir(), Entry: "mod"}, protocol.ModePlan)
	if len(d.Notices) != 1 || d.Notices[0].Message != "ModuleNotFoundError: No module named 'mod'" {
		t.Errorf("got %+v", d.Notices)
	}
}

// universal is an extension.py in the form of Stonebranch.
const universal = `from __future__ import (print_function)
import subprocess
from time import sleep
from universal_extension import UniversalExtension
from universal_extension import ExtensionResult
from universal_extension import logger
from universal_extension import ui
from universal_extension import event
from universal_extension.deco import dynamic_choice_command, dynamic_command

class Extension(UniversalExtension):
    def __init__(self):
        super(Extension, self).__init__()
        self.run = True

    @dynamic_choice_command("region")
    def regions(self, fields):
        return ExtensionResult(rc=0, message="2 regions", values=["eu", fields["land"][0]])

    @dynamic_command("restart")
    def restart(self, fields):
        return ExtensionResult(rc=1, message="no", output=True, output_data="d", output_name="n")

    def extension_start(self, fields):
        logger.info("starting for %s", fields["cred"]["user"])
        print("hello", fields["action"][0])
        subprocess.run(["echo", "by a child"], check=True)
        ui.update_progress(50)
        ui.update_output_fields({"count": 1})
        event.publish("seen", {"a": 1})
        if fields["action"] == ["wait"]:
            print("waiting")
            while self.run:
                sleep(0.01)
            return ExtensionResult(rc=9, message="stopped")
        if fields["action"] == ["nothing"]:
            return None
        if fields["action"] == ["text"]:
            return "x"
        return ExtensionResult(rc=3, message="x", unv_output="done", output_fields={"count": 2})

    def extension_cancel(self):
        self.run = False
`

func TestAnExtensionOfStonebranchIsACommand(t *testing.T) {
	c, opening, d := packaged(t, Package{Name: "inventory-sync", Version: "0.1.0", Root: zipOf(t, "x.zip", map[string]string{"extension.py": universal}), Entry: "extension"}, protocol.ModeExecute)
	if diff := cmp.Diff([]protocol.Capability{protocol.Commands}, opening.Capabilities); diff != "" || len(d.Notices) > 0 {
		t.Fatal(diff, d.Notices)
	}
	name := "devpm.command.inventory-sync"
	want := []string{"command " + name, "command " + name + ".choice.region", "command " + name + ".restart"}
	if diff := cmp.Diff(want, kinds(d)); diff != "" {
		t.Fatal(diff)
	}
	run := func(name, action string) (protocol.CommandResult, *protocol.Error) {
		var r protocol.CommandResult
		e := c.call(protocol.MethodCommand, protocol.CommandParams{Name: name, Fields: map[string]json.RawMessage{
			"action": json.RawMessage(`["` + action + `"]`), "cred": json.RawMessage(`{"user":"ana","password":"p"}`), "land": json.RawMessage(`["de"]`),
		}}, &r)
		return r, e
	}
	r, e := run(name, "go")
	if e != nil || r.ExitCode != 3 || r.Message != "x" {
		t.Fatalf("got %+v, %+v", r, e)
	}
	same(t, r.Output, `{"unv_output":"done","output_fields":{"count":2}}`)
	var said []string
	child := 0 // another thread passes its output on
	for _, n := range c.notes {
		if strings.Contains(string(n.Params), "by a child") {
			child++
			continue
		}
		said = append(said, n.Method+" "+string(n.Params))
	}
	if child != 1 {
		t.Errorf("the output of a child came %d times", child)
	}
	for i, want := range []string{`log {"level":"info","message":"starting for ana"`, `output {"id":3,"text":"hello go\n"}`, `progress {"id":3,"message":"","percent":50.0}`, `log {"level":"info","message":"count = 1"`, `log {"level":"info","message":"event seen {\"a\": 1}"`} {
		if i >= len(said) || !strings.HasPrefix(said[i], want) {
			t.Errorf("notification %d is not %s: %q", i, want, said)
		}
	}

	if r, e := run(name, "nothing"); e != nil || r.ExitCode != 0 {
		t.Errorf("got %+v, %+v", r, e)
	}
	if _, e := run(name, "text"); e == nil || e.Message != "extension_start() returned a str, not an ExtensionResult" {
		t.Errorf("got %+v", e)
	}
	r, e = run(name+".choice.region", "")
	if e != nil || r.Message != "2 regions" || r.ExitCode != 0 {
		t.Fatalf("got %+v, %+v", r, e)
	}
	same(t, r.Output, `{"values":["eu","de"]}`)
	r, _ = run(name+".restart", "")
	same(t, r.Output, `{"output":true,"output_data":"d","output_name":"n"}`)

	// A cancelled start ends in its own way.
	id := c.send(protocol.MethodCommand, protocol.CommandParams{Name: name, Fields: map[string]json.RawMessage{"action": json.RawMessage(`["wait"]`), "cred": json.RawMessage(`{"user":"ana"}`)}})
	c.await("waiting")
	c.write(`{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":` + strconv.Itoa(id) + `}}`)
	m, err := c.receive()
	if err != nil || m.Error != nil {
		t.Fatalf("got %+v, %v", m, err)
	}
	same(t, m.Result, `{"exit_code":9,"message":"stopped"}`)
}
