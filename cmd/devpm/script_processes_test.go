package main

import (
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// patience is how long a script waits for something that should come soon.
const patience = 30 * time.Second

// started is a program that a script runs beside its other commands.
type started struct {
	cmd  *exec.Cmd
	done chan struct{} // closed when it ended
}

// processes holds the started programs of one script, by name.
type processes map[string]*started

// processesKey is where testscript keeps them.
type processesKey struct{}

// cmdStart starts a program and goes on:
//
//	start NAME PROGRAM [ARGS…]
//
// Its output goes to the files NAME.out and NAME.err. Whatever still runs when
// the script ends is killed.
func cmdStart(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: start NAME PROGRAM [ARGS…]")
	}
	path, err := lookPath(ts, args[1])
	ts.Check(err)
	cmd := exec.Command(path, args[2:]...)
	cmd.Dir = ts.MkAbs(".")
	cmd.Env = scriptEnviron(ts)
	stdout, err := os.Create(ts.MkAbs(args[0] + ".out"))
	ts.Check(err)
	stderr, err := os.Create(ts.MkAbs(args[0] + ".err"))
	ts.Check(err)
	cmd.Stdout, cmd.Stderr = stdout, stderr
	ts.Check(cmd.Start())
	p := &started{cmd: cmd, done: make(chan struct{})}
	go func() {
		defer close(p.done)
		_ = cmd.Wait() // `ended` looks at the state
		stdout.Close()
		stderr.Close()
	}()
	ts.Defer(func() {
		_ = cmd.Process.Kill()
		<-p.done
	})
	ts.Value(processesKey{}).(processes)[args[0]] = p
}

// cmdSignal sends a signal to a started program:
//
//	signal NAME INT
func cmdSignal(ts *testscript.TestScript, neg bool, args []string) {
	signals := map[string]os.Signal{"INT": os.Interrupt, "TERM": syscall.SIGTERM, "HUP": syscall.SIGHUP, "KILL": os.Kill}
	if neg || len(args) != 2 || signals[args[1]] == nil {
		ts.Fatalf("usage: signal NAME INT|TERM|HUP|KILL")
	}
	ts.Check(startedProcess(ts, args[0]).cmd.Process.Signal(signals[args[1]]))
}

// cmdEnded waits for a started program and checks its exit status:
//
//	ended NAME 130
func cmdEnded(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: ended NAME STATUS")
	}
	p := startedProcess(ts, args[0])
	select {
	case <-p.done:
	case <-time.After(patience):
		ts.Fatalf("%s did not end within %s; it printed\n%s%s", args[0], patience, ts.ReadFile(args[0]+".out"), ts.ReadFile(args[0]+".err"))
	}
	if got := strconv.Itoa(p.cmd.ProcessState.ExitCode()); got != args[1] {
		ts.Fatalf("%s ended with %s, not with %s; it printed\n%s%s", args[0], got, args[1], ts.ReadFile(args[0]+".out"), ts.ReadFile(args[0]+".err"))
	}
}

func startedProcess(ts *testscript.TestScript, name string) *started {
	p := ts.Value(processesKey{}).(processes)[name]
	if p == nil {
		ts.Fatalf("nothing was started as %s", name)
	}
	return p
}

// cmdWaitFor waits until a file exists, or until it has a line that matches:
//
//	waitfor FILE [REGEXP]
func cmdWaitFor(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 || len(args) > 2 {
		ts.Fatalf("usage: waitfor FILE [REGEXP]")
	}
	pattern := regexp.MustCompile("")
	if len(args) == 2 {
		var err error
		pattern, err = regexp.Compile("(?m)" + args[1])
		ts.Check(err)
	}
	poll(ts, strings.Join(args, " with "), func() bool {
		text, err := os.ReadFile(ts.MkAbs(args[0]))
		return err == nil && pattern.Match(text)
	})
}

// cmdGone waits until the process whose id is in a file (as hookhelper writes
// it) does not run any more.
func cmdGone(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: gone FILE")
	}
	pid, err := strconv.Atoi(strings.TrimSpace(ts.ReadFile(args[0])))
	ts.Check(err)
	poll(ts, "the end of process "+strconv.Itoa(pid), func() bool {
		process, err := os.FindProcess(pid)
		return err != nil || process.Signal(syscall.Signal(0)) != nil
	})
}

func poll(ts *testscript.TestScript, what string, met func() bool) {
	for deadline := time.Now().Add(patience); !met(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			ts.Fatalf("waited %s in vain for %s", patience, what)
		}
	}
}

// cmdFreePort sets variables to TCP ports that nobody listens on:
//
//	freeport PORT OTHER
func cmdFreePort(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: freeport NAME…")
	}
	for _, name := range args {
		l, err := net.Listen("tcp", ":0")
		ts.Check(err)
		defer l.Close() // all are held until each has its own
		ts.Setenv(name, strconv.Itoa(l.Addr().(*net.TCPAddr).Port))
	}
}

// cmdNoLeftovers fails when a temporary file of devpm's is below the directory.
func cmdNoLeftovers(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) > 1 {
		ts.Fatalf("usage: noleftovers [DIR]")
	}
	ts.Check(filepath.WalkDir(ts.MkAbs(strings.Join(args, "")), func(path string, d fs.DirEntry, err error) error {
		if err == nil && strings.Contains(d.Name(), ".devpm-") {
			ts.Fatalf("a temporary file was left: %s", path)
		}
		return err
	}))
}

// scriptEnviron is the script's environment, which testscript only hands to
// programs.
func scriptEnviron(ts *testscript.TestScript) []string {
	ts.Check(ts.Exec("hookhelper", "environ"))
	return strings.Split(strings.TrimSuffix(ts.ReadFile("stdout"), "\x00"), "\x00")
}

func lookPath(ts *testscript.TestScript, program string) (string, error) {
	if strings.ContainsRune(program, filepath.Separator) {
		return program, nil
	}
	for _, dir := range filepath.SplitList(ts.Getenv("PATH")) {
		if path := filepath.Join(dir, program); isFile(path) {
			return path, nil
		}
	}
	return "", &exec.Error{Name: program, Err: exec.ErrNotFound}
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}
