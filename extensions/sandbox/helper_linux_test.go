package sandbox_test

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/devpm/devpm/extensions/sandbox"
)

// A helper that cannot do what it is told starts nothing, says why in a line,
// and ends with the status for that.
func TestTheHelperStartsNothingThatItCannotHoldIn(t *testing.T) {
	k := enforcing(t)
	dir := t.TempDir()
	tests := []struct {
		name string
		argv []string
		want string
	}{
		{"no arguments", []string{self(t), sandbox.Verb}, "no program is named"},
		{"a word of another version", []string{self(t), sandbox.Verb, "colour", "--", "/bin/touch", dir + "/x"}, `unknown word "colour"`},
		{"no absolute path", k.Command(self(t), sandbox.Profile{}, []string{"touch", dir + "/x"}), "touch is not an absolute path"},
		{"no such program", k.Command(self(t), sandbox.Profile{}, []string{"/no/such"}), "executing /no/such: no such file or directory"},
		{"no such program, free to start others", k.Command(self(t), sandbox.Profile{Spawn: true}, []string{"/no/such"}), "executing /no/such: no such file or directory"},
		{"not executable", k.Command(self(t), sandbox.Profile{}, []string{"/etc/passwd"}), "executing /etc/passwd: permission denied"},
		{"no such directory", k.Command(self(t), sandbox.Profile{Write: []string{dir + "/absent"}}, []string{"/bin/touch", dir + "/x"}), "opening " + dir + "/absent, in which it may write: no such file or directory"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			output, status := run(t, tt.argv)
			if want := "devpm: the sandbox cannot start the program: " + tt.want + "\n"; output != want || status.ExitCode() != sandbox.StatusFailed {
				t.Errorf("%s: %q, want %q", status, output, want)
			}
		})
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("a program ran and left %v", left)
	}
}

// What surrounds a program is limited too: descriptors, limits, rights.
func TestTheProgramGetsNothingBesideItsStreams(t *testing.T) {
	k := enforcing(t)
	secret, err := os.Open("/etc/passwd")
	if err != nil {
		t.Fatal(err)
	}
	defer secret.Close()
	for _, p := range []sandbox.Profile{{AddressSpace: sandbox.LeastAddressSpace}, {AddressSpace: sandbox.LeastAddressSpace, Spawn: true, Write: []string{t.TempDir()}}} {
		argv := k.Command(self(t), p, []string{python3(t), "-I", "-S", "-c", `
import os, resource
print("descriptors", [n for n in range(3, 64) if os.path.exists("/proc/self/fd/%d" % n)])
for name in "CORE", "NOFILE", "AS":
    print(name, *resource.getrlimit(getattr(resource, "RLIMIT_" + name)))
for line in open("/proc/self/status"):
    if line.startswith(("NoNewPrivs", "Seccomp:", "CapEff", "CapBnd", "CapInh", "CapAmb")): print(*line.split())
for limit in "AS", "NOFILE":
    try:
        resource.setrlimit(getattr(resource, "RLIMIT_" + limit), (resource.RLIM_INFINITY,) * 2)
        print("raised", limit)
    except (ValueError, OSError): pass
try: bytearray(3 << 30)
except MemoryError: print("memory refused")
print(sorted(k for k in os.environ if k != "LC_CTYPE"))
`})
		cmd := exec.Command(argv[0], argv[1:]...)
		cmd.Env = []string{"GIVEN=1"}
		cmd.ExtraFiles = []*os.File{secret}
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		kept := "0000000000000000"
		if os.Getuid() == 0 {
			kept = "000000000000000e"
		}
		for _, want := range []string{
			"descriptors []", "CORE 0 0", "NOFILE 1024 4096", fmt.Sprintf("AS %d %[1]d", sandbox.LeastAddressSpace), "memory refused", "['GIVEN']",
			"NoNewPrivs: 1", "Seccomp: 2", "CapEff: " + kept, "CapInh: 0000000000000000", "CapAmb: 0000000000000000",
		} {
			if !strings.Contains(string(out), want+"\n") {
				t.Errorf("no %q in:\n%s", want, out)
			}
		}
		if os.Getuid() == 0 && !strings.Contains(string(out), "CapBnd: "+kept) || strings.Contains(string(out), "raised") {
			t.Errorf("rights:\n%s", out)
		}
	}
}

// A signal at devpm's end that the program could ignore becomes one that it
// cannot; without one, it gets none.
func TestTheEndOfTheParentCannotBeIgnored(t *testing.T) {
	k := enforcing(t)
	for signal, want := range map[syscall.Signal]string{0: "0", syscall.SIGTERM: "9"} {
		argv := k.Command(self(t), sandbox.Profile{}, []string{python3(t), "-c", `
import ctypes
n = ctypes.c_int()
ctypes.CDLL(None).prctl(2, ctypes.byref(n))
print(n.value)
`})
		cmd := exec.Command(argv[0], argv[1:]...)
		cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: signal}
		out, err := cmd.CombinedOutput()
		if got := strings.TrimSpace(string(out)); err != nil || got != want {
			t.Errorf("%d became %s, want %s (%v)", signal, got, want, err)
		}
	}
}

// The program is the process that was started, not a child of it, so that
// whoever started it signals and waits for the program itself.
func TestTheProgramIsTheProcessThatWasStarted(t *testing.T) {
	k := enforcing(t)
	argv := k.Command(self(t), sandbox.Profile{}, []string{"/bin/sh", "-c", "echo $$ $PPID; exit 7"})
	cmd := exec.Command(argv[0], argv[1:]...)
	out, _ := cmd.Output()
	if want := fmt.Sprintf("%d %d\n", cmd.Process.Pid, os.Getpid()); string(out) != want || cmd.ProcessState.ExitCode() != 7 {
		t.Errorf("%s: %q, want %q", cmd.ProcessState, out, want)
	}
}

// The gate of exec opens once in every start, also when many start at a time on
// a busy machine.
func TestManyStartAtOnce(t *testing.T) {
	k := enforcing(t)
	failed := make(chan string)
	const starts, at = 200, 16
	next := make(chan int, starts)
	for n := range starts {
		next <- n
	}
	close(next)
	path := self(t)
	for range at {
		go func() {
			for n := range next {
				// The least memory, and each way to start.
				p := sandbox.Profile{AddressSpace: sandbox.LeastAddressSpace, Spawn: n%2 == 0}
				argv := k.Command(path, p, []string{"/bin/echo", "started"})
				out, err := exec.Command(argv[0], argv[1:]...).CombinedOutput()
				if err != nil || string(out) != "started\n" {
					failed <- fmt.Sprintf("%v: %s", err, out)
					continue
				}
				failed <- ""
			}
		}()
	}
	for range starts {
		if f := <-failed; f != "" {
			t.Error(f)
		}
	}
}
