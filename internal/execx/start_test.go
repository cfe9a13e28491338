//go:build unix

package execx_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/devpm/devpm/internal/execx"
)

// stays are the programs of the tests below.
func stays(act string) (int, bool) {
	switch act {
	case "echo":
		in := bufio.NewReader(os.Stdin)
		for {
			line, err := in.ReadString('\n')
			if err != nil {
				return 7, true
			}
			fmt.Print("heard ", line)
		}
	case "leave": // ends at once and leaves a daemon behind: another session, no streams, no signal
		fmt.Println(daemon())
		return 5, true
	case "brood": // goes on, deaf, with a daemon
		signal.Ignore(syscall.SIGTERM)
		fmt.Println(daemon())
		time.Sleep(time.Minute)
	case "between": // forks a stubborn process and ends, so that the process is an orphan
		child := exec.Command(os.Args[0])
		child.Env = []string{"EXECX_ACT=deaf"}
		child.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
		_ = child.Start()
		for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(time.Millisecond) {
			if name, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", child.Process.Pid)); err != nil || bytes.HasPrefix(name, []byte("two")) {
				break // it has its name, or there is no /proc
			}
		}
		fmt.Println(child.Process.Pid)
	case "deaf":
		// A program chooses its name, and may put a line break into it.
		_ = os.WriteFile("/proc/self/comm", []byte("two\nlines"), 0)
		signal.Ignore(syscall.SIGTERM, syscall.SIGHUP)
		time.Sleep(time.Minute)
	case "hold":
		var sys execx.System
		c := stay("brood")
		c.Holder, c.Grace = os.Args[0], 100*time.Millisecond
		child, err := sys.Start(c)
		if err != nil {
			fmt.Println(err)
			return 1, true
		}
		line, _ := bufio.NewReader(child.Stdout).ReadString('\n')
		fmt.Print(line)
		time.Sleep(time.Minute)
	default:
		return 0, false
	}
	return 0, true
}

// daemon starts a process by a double fork and returns its number.
func daemon() int {
	between := exec.Command(os.Args[0])
	between.Env = []string{"EXECX_ACT=between"}
	out, _ := between.Output()
	pid, _ := strconv.Atoi(strings.TrimSpace(string(out)))
	return pid
}

func stay(act string) execx.Command {
	return execx.Command{Argv: []string{os.Args[0]}, Env: []string{"EXECX_ACT=" + act}, Grace: 200 * time.Millisecond}
}

func start(t *testing.T, c execx.Command) *execx.Child {
	t.Helper()
	child, err := execx.System{}.Start(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { child.End(200 * time.Millisecond); child.Close() })
	return child
}

func firstLine(t *testing.T, r io.Reader) string {
	t.Helper()
	line, err := bufio.NewReader(r).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(line)
}

func TestAStartedProgramIsTalkedToAndReaped(t *testing.T) {
	child := start(t, stay("echo"))
	_, _ = io.WriteString(child.Stdin, "hello\n")
	if got := firstLine(t, child.Stdout); got != "heard hello" {
		t.Errorf("got %q", got)
	}
	_ = child.Stdin.Close()
	<-child.Done()
	if child.ExitCode() != 7 {
		t.Errorf("exit code %d", child.ExitCode())
	}
}

func TestStartSaysWhyItCannot(t *testing.T) {
	_, err := execx.System{}.Start(execx.Command{Argv: []string{"/nowhere"}})
	var e *execx.StartError
	if !errors.As(err, &e) || e.Reason != execx.NotFound {
		t.Errorf("%v", err)
	}
}

func TestClosingFreesAReaderThatWaits(t *testing.T) {
	child := start(t, stay("echo"))
	got := make(chan error, 1)
	go func() {
		_, err := child.Stdout.Read(make([]byte, 1))
		got <- err
	}()
	child.Close()
	if err := <-got; err == nil {
		t.Error("the read went well")
	}
}

func held(t *testing.T, act string) *execx.Child {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("holders are Linux's")
	}
	c := stay(act)
	c.Holder = os.Args[0]
	return start(t, c)
}

func TestAHolderFindsADaemonThatWasLeftBehind(t *testing.T) {
	child := held(t, "leave")
	pid, _ := strconv.Atoi(firstLine(t, child.Stdout))
	<-child.Done()
	awaitDeath(t, pid)
	left, ok := child.Report()
	if !ok || !slices.Equal(left, []string{"two?lines"}) || child.ExitCode() != 5 {
		t.Errorf("left %q, %t, exit code %d", left, ok, child.ExitCode())
	}
}

func TestAHolderEndsTheProgramAndItsDaemon(t *testing.T) {
	child := held(t, "brood")
	pid, _ := strconv.Atoi(firstLine(t, child.Stdout))
	child.End(200 * time.Millisecond)
	awaitDeath(t, pid)
	if _, ok := child.Report(); ok || child.ExitCode() != 128+9 {
		t.Errorf("ended by itself: %t, exit code %d", ok, child.ExitCode())
	}
}

func TestAHolderThatCannotWorkIsDoneWithout(t *testing.T) {
	child := held(t, "brood")
	pid, _ := strconv.Atoi(firstLine(t, child.Stdout))
	_ = syscall.Kill(child.Pid(), syscall.SIGSTOP)
	child.End(200 * time.Millisecond)
	awaitDeath(t, pid)
}

func TestAHolderOutlivesDevpmOnlyToCleanUp(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("holders are Linux's")
	}
	devpm := exec.Command(os.Args[0])
	devpm.Env = []string{"EXECX_ACT=hold"}
	out, err := devpm.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := devpm.Start(); err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(firstLine(t, out))
	if err != nil {
		t.Fatal(err)
	}
	_ = devpm.Process.Kill()
	_ = devpm.Wait()
	awaitDeath(t, pid)
}

func TestAHolderPassesTheStreamsOn(t *testing.T) {
	child := held(t, "echo")
	_, _ = io.WriteString(child.Stdin, "hello\n")
	if got := firstLine(t, child.Stdout); got != "heard hello" {
		t.Errorf("got %q", got)
	}
	_ = child.Stdin.Close()
	<-child.Done()
	if left, ok := child.Report(); !ok || len(left) != 0 || child.ExitCode() != 7 {
		t.Errorf("left %q, %t, exit code %d", left, ok, child.ExitCode())
	}
}
