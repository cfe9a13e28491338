package sandbox_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/devpm/devpm/extensions/sandbox"
)

func python3(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("there is no python3")
	}
	out, err := exec.Command(path, "-c", "import sys; print(sys.executable)").Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

// pythonTries is what a plugin might do, each a line of Python, with W as the
// world's directory.
var pythonTries = []string{
	`open(W + "/new", "w")`,
	`open(W + "/file", "a")`,
	`pathlib.Path(W, "file").write_text("x")`,
	`os.makedirs(W + "/a/b")`,
	`os.remove(W + "/unlink")`,
	`os.rmdir(W + "/empty")`,
	`os.rename(W + "/rename", W + "/renamed")`,
	`os.truncate(W + "/file", 0)`,
	`os.chmod(W + "/file", 0o777)`,
	`os.chown(W + "/file", 0, 0)`,
	`os.utime(W + "/file")`,
	`os.setxattr(W + "/file", "user.x", b"x")`,
	`os.symlink("file", W + "/symlink")`,
	`os.link(W + "/file", W + "/link")`,
	`os.mkfifo(W + "/fifo")`,
	`shutil.copy(W + "/file", W + "/copy")`,
	`shutil.rmtree(W)`,
	`tempfile.mkdtemp(dir=W)`,
	`socket.create_connection(address("tcp"))`,
	`urllib.request.urlopen("http://%s:%s/" % address("tcp"))`,
	`socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", address("udp"))`,
	`socket.socket().bind(("127.0.0.1", 0))`,
	`socket.socket(socket.AF_UNIX).connect(W + "/docker.sock")`,
	`socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(b"x", W + "/log.sock")`,
	`os.fork()`,
	`os.execv("/bin/true", ["true"])`,
	`os.posix_spawn("/bin/true", ["true"], {})`,
	`subprocess.run(["/bin/true"])`,
	`subprocess.Popen("echo x > %s/shell" % W, shell=True)`,
	`os.system("echo x > %s/system" % W) == 0 or denied()`,
	`os.kill(os.getppid(), 0)`,
	`open("/proc/%d/mem" % os.getppid(), "r+b")`,
	`open("/proc/%d/environ" % os.getppid())`,
	`multiprocessing.Process(target=print).start()`,
	`os.memfd_create("x")`,
}

const pythonHead = `
import multiprocessing, os, pathlib, shutil, socket, subprocess, sys, tempfile, urllib.request
W = sys.argv[1]
def address(name):
    host, port = open(W + "/" + name).read().split(":")
    return host, int(port)
def denied():
    raise PermissionError
for line in sys.argv[2:]:
    try:
        eval(line)
        print("done:", line, flush=True)
    except OSError as e:
        cause = e.__cause__ or e
        print("refused:" if isinstance(e, PermissionError) or e.errno == 38 or "not permitted" in str(e) else "failed: " + repr(e), line, flush=True)
    except Exception as e:
        print("failed: " + repr(e), line, flush=True)
`

// Every try of a Python plugin is an exception in its own line.
func TestPythonIsRefused(t *testing.T) {
	k := enforcing(t)
	for _, python := range pythons(t) {
		t.Run(filepath.Base(filepath.Dir(filepath.Dir(python))), func(t *testing.T) {
			w := newWorld(t)
			before := w.state(t)
			argv := append([]string{python, "-c", pythonHead, w.dir}, pythonTries...)
			output, status := run(t, k.Command(self(t), sandbox.Profile{AddressSpace: 4 << 30}, argv))
			for _, try := range pythonTries {
				if strings.Contains(try, "memfd_create") && strings.Contains(output, "AttributeError") {
					continue // Python before 3.8
				}
				if !strings.Contains(output, "refused: "+try+"\n") {
					t.Errorf("%s was not refused", try)
				}
			}
			if t.Failed() || !status.Success() {
				t.Errorf("%s:\n%s", status, output)
			}
			if after := w.state(t); after != before {
				t.Errorf("the directory was changed:\n%s\nbefore:\n%s", after, before)
			}
			if n := w.heard.Load(); n != 0 {
				t.Errorf("%d messages came through", n)
			}
		})
	}
}

// pythons are the Python of this machine and, as extra rows, those that pyenv
// installed and that plugins may be run with.
func pythons(t *testing.T) []string {
	t.Helper()
	list := []string{python3(t)}
	home, _ := os.UserHomeDir()
	more, _ := filepath.Glob(filepath.Join(home, ".pyenv/versions/3.*/bin/python"))
	for _, python := range more {
		if v := filepath.Base(filepath.Dir(filepath.Dir(python))); strings.HasPrefix(v, "3.6.") || strings.HasPrefix(v, "3.7.") {
			continue // too old for plugins
		}
		if python != list[0] {
			list = append(list, python)
		}
	}
	return list
}

// What programs need for being programs is not refused.
func TestPlanningLetsProgramsCompute(t *testing.T) {
	k := enforcing(t)
	dir := t.TempDir()
	write := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o755); err != nil {
			t.Fatal(err)
		}
		return path
	}
	tests := []struct {
		name, program, want string
		args                []string
	}{
		{"python3", "python3", "45 pong None x\n", []string{"-c", `
import asyncio, concurrent.futures, json, os, queue, sqlite3, ssl, threading, tempfile, time, select, signal, pathlib, subprocess
with concurrent.futures.ThreadPoolExecutor(8) as pool:
    total = sum(pool.map(int, range(10)))
async def main():
    q = asyncio.Queue()
    await q.put("pong")
    await asyncio.sleep(0.001)
    return await q.get()
answer = asyncio.run(main())
with open(os.devnull, "w") as null:
    print("x", file=null)
sqlite3.connect(":memory:").execute("create table t(x)")
list(pathlib.Path("/usr").iterdir())
r, w = os.pipe()
os.write(w, b"x")
print(total, answer, signal.raise_signal(signal.SIGCONT) if hasattr(signal, "raise_signal") else None, os.read(r, 1).decode())
`}},
		{"a script", write("script", "#!/bin/sh\nread x < /etc/hostname; echo script $1\n"), "script given\n", []string{"given"}},
		{"node", "node", "42\n", []string{"-e", `setTimeout(() => console.log(require("fs").existsSync("/etc/passwd") ? 42 : 0), 1)`}},
		{"perl", "perl", "6\n", []string{"-e", `$x = 1; $x *= $_ for 1..3; print "$x\n"`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			program, err := exec.LookPath(tt.program)
			if err != nil {
				t.Skipf("there is no %s", tt.program)
			}
			if tt.program == "python3" {
				program = python3(t) // and no script that starts it
			}
			for _, k := range []sandbox.Kernel{k, {Landlock: k.Landlock, Filter: true}} {
				output, status := run(t, k.Command(self(t), sandbox.Profile{}, append([]string{program}, tt.args...)))
				if output != tt.want || !status.Success() {
					t.Errorf("%s: %q", status, output)
				}
			}
		})
	}
}

// A shell's own way to a socket.
func TestShellIsRefused(t *testing.T) {
	k := enforcing(t)
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("there is no bash")
	}
	w := newWorld(t)
	host, port, _ := strings.Cut(said("tcp")(w.world), ":")
	output, status := run(t, k.Command(self(t), sandbox.Profile{}, []string{bash, "-c", "echo x > /dev/tcp/" + host + "/" + port}))
	if status.Success() || !strings.Contains(output, "Operation not permitted") || w.heard.Load() != 0 {
		t.Errorf("%s, %d heard: %s", status, w.heard.Load(), output)
	}
}
