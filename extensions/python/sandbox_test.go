package python

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/devpm/devpm/extensions/protocol"
	"github.com/devpm/devpm/extensions/sandbox"
)

// TestMain makes the test binary the helper of the sandbox, as devpm is.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == sandbox.Verb {
		os.Exit(sandbox.Main(os.Args[2:]))
	}
	os.Exit(m.Run())
}

const refusal = "; while devpm plans, an extension may not write files, open connections or start programs"

// TestASandboxedPluginIsToldWhatItMayNot starts the plugins as devpm does while it
// plans: the kernel refuses, and the message says why, with file and line.
func TestASandboxedPluginIsToldWhatItMayNot(t *testing.T) {
	if level := sandbox.Probe(); !level.Full() {
		t.Skipf("the sandbox is %s here: %s", level, strings.Join(level.Missing, "; "))
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	address := strings.Replace(listener.Addr().String(), ":", "', ", 1)
	acts := [][2]string{
		{"write", "open(ctx.project_dir + '/written', 'w')"},
		{"append", "open(ctx.project_dir + '/there', 'a')"},
		{"remove", "import os; os.remove(ctx.project_dir + '/there')"},
		{"mkdir", "import os; os.mkdir(ctx.project_dir + '/made')"},
		{"chmod", "import os; os.chmod(ctx.project_dir + '/there', 0o777)"},
		{"tcp", "import socket; socket.create_connection(('" + address + "))"},
		{"udp", "import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('" + address + "))"},
		{"unix", "import socket; socket.socket(socket.AF_UNIX).connect('/var/run/docker.sock')"},
		{"url", "import urllib.request; urllib.request.urlopen('http://" + listener.Addr().String() + "')"},
		{"program", "import subprocess; subprocess.run(['true'])"},
		{"shell", "import os; os.system('true') and 1/0"},
		{"fork", "import os; os.fork() or os._exit(0)"},
	}
	files := map[string]string{}
	for _, act := range acts {
		files[act[0]+".py"] = stepThat(act[0], act[1]+"\nreturn make_plan_step('s', 'd', 'noop', True, 'done')")
	}
	dir := project(t, files)
	write(t, filepath.Join(dir, "there"), "x")
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p := Program(interpreter(t), dir, []string{"PATH=" + os.Getenv("PATH")}, modulesIn(dir), nil)
	argv := sandbox.Command(self, sandbox.Profile{AddressSpace: AddressSpace}, p.Argv)
	c := start(t, argv, p.Dir, p.Env, p.Preamble)
	c.must(protocol.MethodInitialize, opened(dir, protocol.ModePlan), nil)
	var d protocol.Description
	c.must(protocol.MethodDescribe, struct{}{}, &d)
	if len(d.Registrations) != len(acts) || len(d.Notices) > 0 {
		t.Fatalf("got %+v", d)
	}
	for _, act := range acts {
		t.Run(act[0], func(t *testing.T) {
			var e protocol.Evaluation
			fault := c.call(protocol.MethodEvaluate, protocol.StepParams{ID: act[0]}, &e)
			if act[0] == "shell" { // os.system says so with a status, which the sample turns into an exception
				if fault == nil || fault.Message != "ZeroDivisionError: division by zero" {
					t.Errorf("got %+v, %+v", fault, e)
				}
				return
			}
			if fault == nil || !strings.HasSuffix(fault.Message, refusal) || fault.Data.Source != ".odpm/plugins/"+act[0]+".py" || fault.Data.Line != 6 || fault.Data.Fix == "" {
				t.Errorf("got %+v, %+v", fault, e)
			}
		})
	}
	if text, err := os.ReadFile(filepath.Join(dir, "there")); err != nil || string(text) != "x" {
		t.Errorf("the file is %q, %v", text, err)
	}
	for _, name := range []string{"written", "made"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err == nil {
			t.Errorf("%s was made", name)
		}
	}
}
