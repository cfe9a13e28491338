//go:build unix

package execx_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/devpm/devpm/internal/execx"
)

// TestMain makes the test binary the program that the tests start.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == execx.HoldVerb {
		os.Exit(execx.Hold(os.Args[2:]))
	}
	if act := os.Getenv("EXECX_ACT"); act != "" {
		os.Exit(helper(act))
	}
	os.Exit(m.Run())
}

// helper is one small program per word.
func helper(act string) int {
	if code, done := stays(act); done {
		return code
	}
	switch act {
	case "say":
		fmt.Println("out 1")
		fmt.Fprintln(os.Stderr, "err 1")
		fmt.Println("out 2")
		return 3
	case "env":
		for _, kv := range os.Environ() {
			fmt.Println(kv)
		}
	case "cat":
		_, _ = bufio.NewReader(os.Stdin).WriteTo(os.Stdout)
	case "killself":
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {}
	case "polite":
		ch := make(chan os.Signal, 1)
		signal.Notify(ch, syscall.SIGTERM)
		fmt.Println("ready")
		<-ch
		fmt.Println("bye")
	case "stubborn":
		signal.Ignore(syscall.SIGTERM)
		fmt.Println("ready")
		time.Sleep(time.Minute)
	case "family": // a leader that dies politely and leaves a stubborn child behind
		child := exec.Command(os.Args[0])
		child.Env = []string{"EXECX_ACT=stubborn"}
		out, _ := child.StdoutPipe()
		_ = child.Start()
		_, _ = bufio.NewReader(out).ReadString('\n')
		fmt.Println(child.Process.Pid)
		time.Sleep(time.Minute)
	case "orphan": // ends at once; a grandchild keeps the pipes open
		child := exec.Command(os.Args[0])
		child.Env = []string{"EXECX_ACT=stubborn"}
		child.Stdout = os.Stdout
		_ = child.Start()
		fmt.Println(child.Process.Pid)
	case "group":
		fmt.Println(syscall.Getpgrp() == os.Getpid())
	case "middle": // a devpm that gets killed: runs a child through execx
		var sys execx.System
		_, _ = sys.Run(context.Background(), execx.Command{
			Argv: []string{os.Args[0]}, Env: []string{"EXECX_ACT=polite"}, Stdout: os.Stdout,
		})
	}
	return 0
}

func self(act string) execx.Command {
	return execx.Command{Argv: []string{os.Args[0]}, Env: []string{"EXECX_ACT=" + act}, Tail: 10}
}

func run(t *testing.T, c execx.Command) execx.Result {
	t.Helper()
	r, err := execx.System{Now: time.Now}.Run(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestRunReportsCodeStreamsAndTail(t *testing.T) {
	var out, errs bytes.Buffer
	c := self("say")
	c.Stdout, c.Stderr, c.Tail = &out, &errs, 2
	r := run(t, c)
	if r.ExitCode != 3 || r.TimedOut || r.Interrupted || r.Duration <= 0 {
		t.Errorf("result %+v", r)
	}
	if out.String() != "out 1\nout 2\n" || errs.String() != "err 1\n" {
		t.Errorf("stdout %q stderr %q", &out, &errs)
	}
	if len(r.Tail) != 2 {
		t.Errorf("tail %q, want two lines", r.Tail)
	}
}

func TestOneWriterForBothStreamsKeepsTheirOrder(t *testing.T) {
	var both bytes.Buffer
	c := self("say")
	c.Stdout, c.Stderr = &both, &both
	r := run(t, c)
	if want := "out 1\nerr 1\nout 2\n"; both.String() != want {
		t.Errorf("got %q", &both)
	}
	if d := cmp.Diff([]string{"out 1", "err 1", "out 2"}, r.Tail); d != "" {
		t.Error(d)
	}
}

func TestEnvironmentIsNeverInherited(t *testing.T) {
	t.Setenv("EXECX_LEAK", "1")
	r := run(t, self("env"))
	if d := cmp.Diff([]string{"EXECX_ACT=env"}, r.Tail); d != "" {
		t.Error(d)
	}
}

func TestStdinIsPassedAndIsEmptyByDefault(t *testing.T) {
	c := self("cat")
	if r := run(t, c); len(r.Tail) != 0 {
		t.Errorf("without Stdin the program read %q", r.Tail)
	}
	c.Stdin = strings.NewReader("hello\n")
	if r := run(t, c); len(r.Tail) != 1 || r.Tail[0] != "hello" {
		t.Errorf("tail %q", r.Tail)
	}
}

func TestASignalBecomes128PlusItsNumber(t *testing.T) {
	if r := run(t, self("killself")); r.ExitCode != 128+9 {
		t.Errorf("exit code %d", r.ExitCode)
	}
}

func TestTimeoutSendsTermFirst(t *testing.T) {
	c := self("polite")
	c.Timeout = 300 * time.Millisecond
	r := run(t, c)
	if !r.TimedOut || r.ExitCode != execx.ExitTimeout {
		t.Errorf("result %+v", r)
	}
	if d := cmp.Diff([]string{"ready", "bye"}, r.Tail); d != "" {
		t.Error(d)
	}
}

func TestCancelKillsTheWholeGroupAfterTheGrace(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	var pid int
	c := self("family")
	c.Grace = 100 * time.Millisecond
	c.Stdout = execx.Lines(func(line string) {
		pid, _ = strconv.Atoi(line)
		cancel()
	})
	r, err := execx.System{}.Run(ctx, c)
	if err != nil || !r.Interrupted || r.ExitCode != execx.ExitInterrupted {
		t.Fatalf("result %+v, %v", r, err)
	}
	awaitDeath(t, pid)
}

func TestAGrandchildWithThePipesOpenDoesNotHang(t *testing.T) {
	began := time.Now()
	r := run(t, self("orphan"))
	if r.ExitCode != 0 || len(r.Tail) == 0 {
		t.Fatalf("result %+v", r)
	}
	if took := time.Since(began); took > 20*time.Second {
		t.Errorf("took %s", took)
	}
	pid, _ := strconv.Atoi(r.Tail[0])
	_ = syscall.Kill(pid, syscall.SIGKILL)
}

func TestChildrenHaveAGroupUnlessForeground(t *testing.T) {
	c := self("group")
	if r := run(t, c); r.Tail[0] != "true" {
		t.Error("a background child shares the caller's group")
	}
	c.Foreground = true
	if r := run(t, c); r.Tail[0] != "false" {
		t.Error("a foreground child has left the caller's group")
	}
}

func TestForegroundHasTheGraceAfterCtrlC(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	c := self("polite")
	c.Foreground, c.Grace = true, 400*time.Millisecond
	var asked time.Time
	c.Stdout = execx.Lines(func(line string) {
		if line == "ready" {
			asked = time.Now()
			cancel(errors.New("interrupt signal received"))
		}
	})
	r, err := execx.System{}.Run(ctx, c)
	if err != nil || !r.Interrupted {
		t.Fatalf("result %+v, %v", r, err)
	}
	if took := time.Since(asked); took < c.Grace {
		t.Errorf("TERM came after %s, inside the grace", took)
	}
}

func TestKilledParentTakesItsChildAlong(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("PR_SET_PDEATHSIG is Linux's")
	}
	middle := exec.Command(os.Args[0])
	middle.Env = []string{"EXECX_ACT=middle"}
	out, err := middle.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := middle.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	if !lines.Scan() || lines.Text() != "ready" {
		t.Fatalf("the child did not start: %q", lines.Text())
	}
	_ = middle.Process.Kill()
	// "bye" is printed on TERM only; EOF comes when the child is gone.
	if !lines.Scan() || lines.Text() != "bye" {
		t.Errorf("the child got no TERM: %q", lines.Text())
	}
	_ = middle.Wait()
}

func TestNotStartable(t *testing.T) {
	dir := t.TempDir()
	write := func(name, content string, mode os.FileMode) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), mode); err != nil {
			t.Fatal(err)
		}
	}
	write("plain", "text", 0o644)
	write("noprogram", "text without a #! line", 0o755)
	write("lost", "#!/no/such/interpreter\n", 0o755)
	if err := os.Mkdir(filepath.Join(dir, "sub"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name   string
		argv0  string
		dir    string
		reason execx.Reason
		code   int
	}{
		{"a name that is nowhere", "no-such-program", dir, execx.NotFound, 127},
		{"a path that is nowhere", "./nope", dir, execx.NotFound, 127},
		{"a path through a file", "./plain/x", dir, execx.NotFound, 127},
		{"a file without the x bit", "./plain", dir, execx.NotExecutable, 126},
		{"the same by name", "plain", dir, execx.NotExecutable, 126},
		{"a directory", "./sub", dir, execx.NotExecutable, 126},
		{"no format the system knows", "./noprogram", dir, execx.NotExecutable, 126},
		{"an interpreter that is nowhere", "./lost", dir, execx.BadInterpreter, 126},
		{"a directory to work in that is nowhere", "./plain", filepath.Join(dir, "gone"), execx.BadDirectory, 126},
		{"no name at all", "", dir, execx.NotFound, 127},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := execx.System{}.Run(t.Context(), execx.Command{
				Argv: []string{tc.argv0}, Dir: tc.dir, Env: []string{"PATH=" + dir},
			})
			var start *execx.StartError
			if !errors.As(err, &start) {
				t.Fatalf("error %v", err)
			}
			if start.Reason != tc.reason || start.ExitCode() != tc.code {
				t.Errorf("reason %q code %d, want %q %d", start.Reason, start.ExitCode(), tc.reason, tc.code)
			}
		})
	}
}

func TestLookPathPassesOverRelativeEntries(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	if err := os.WriteFile("tool", []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	if got, err := execx.LookPath("tool", "."+string(filepath.ListSeparator), dir); err == nil {
		t.Errorf("found %s through a relative entry", got)
	}
	got, err := execx.LookPath("tool", "."+string(filepath.ListSeparator)+dir, "/")
	if err != nil || got != filepath.Join(dir, "tool") {
		t.Errorf("%s, %v", got, err)
	}
}

func TestACancelledContextStartsNothing(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	mark := filepath.Join(t.TempDir(), "mark")
	r, err := execx.System{}.Run(ctx, execx.Command{Argv: []string{"touch", mark}, Env: []string{"PATH=" + os.Getenv("PATH")}})
	if err != nil || !r.Interrupted {
		t.Errorf("%+v, %v", r, err)
	}
	if _, err := os.Stat(mark); err == nil {
		t.Error("the command ran")
	}
}

func TestRunsLeakNoGoroutines(t *testing.T) {
	before := runtime.NumGoroutine()
	for range 20 {
		run(t, self("say"))
	}
	deadline := time.Now().Add(5 * time.Second)
	for runtime.NumGoroutine() > before && time.Now().Before(deadline) {
		time.Sleep(10 * time.Millisecond)
	}
	if after := runtime.NumGoroutine(); after > before {
		t.Errorf("%d goroutines before, %d after", before, after)
	}
}

func awaitDeath(t *testing.T, pid int) {
	t.Helper()
	if pid == 0 {
		t.Fatal("no process id was read")
	}
	deadline := time.Now().Add(5 * time.Second)
	for time.Now().Before(deadline) {
		if state, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid)); err == nil && strings.Contains(string(state), ") Z ") {
			return
		}
		if syscall.Kill(pid, 0) != nil {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("process %d is still alive", pid)
}
