package execx

import (
	"errors"
	"fmt"
	"os"
	ossignal "os/signal"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unicode"

	"golang.org/x/sys/unix"
)

// canHold: Linux hands orphans to the nearest ancestor that asks for them.
const canHold = true

// reportFD is where a holder says what it found left behind.
const reportFD = 3

// Hold is the holder (see the package comment): it starts a program, is handed
// every process that the program leaves behind, however it was detached, and
// returns when none is left. args are those after HoldVerb: the grace between
// TERM and KILL, and the program with its arguments. The result is the
// program's exit status.
func Hold(args []string) int {
	if len(args) < 2 {
		return holdFailed(errors.New("no program is named"))
	}
	grace, err := time.ParseDuration(args[0])
	if err != nil {
		return holdFailed(err)
	}
	// The program gets a signal when this thread ends, so it must not.
	runtime.LockOSThread()
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		return holdFailed(fmt.Errorf("becoming the parent of orphans: %w", err))
	}
	unix.CloseOnExec(reportFD)
	h := &holder{grace: grace, signals: make(chan os.Signal, 32)}
	ossignal.Notify(h.signals, unix.SIGCHLD, unix.SIGTERM, unix.SIGINT, unix.SIGHUP)
	program, err := os.StartProcess(args[1], args[1:], &os.ProcAttr{
		Files: []*os.File{os.Stdin, os.Stdout, os.Stderr},
		// A group of its own: a TERM for the holder's reaches the program once.
		Sys: &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM},
	})
	if err != nil {
		return holdFailed(err)
	}
	h.program = program.Pid
	// The streams are the program's alone: when it closes them, devpm sees it.
	if null, err := unix.Open(os.DevNull, unix.O_RDWR|unix.O_CLOEXEC, 0); err == nil {
		_, _ = unix.Dup3(null, 0, 0), unix.Dup3(null, 1, 0)
	}
	return h.wait()
}

func holdFailed(err error) int {
	fmt.Fprintln(os.Stderr, "devpm: the program cannot be started:", err)
	return ExitNotExecutable
}

// holder waits for a program and what it left behind.
type holder struct {
	program int
	grace   time.Duration
	signals chan os.Signal

	ended  bool // the program was reaped
	status unix.WaitStatus
	kill   <-chan time.Time // set while ending
}

func (h *holder) wait() int {
	for {
		ended := h.ended
		none := h.reap()
		if h.ended && !ended && h.kill == nil {
			h.report()
			h.terminate()
		}
		if none {
			return exitStatus(h.status)
		}
		select {
		case s := <-h.signals:
			if s != unix.SIGCHLD && h.kill == nil {
				h.terminate()
			}
		case <-h.kill:
			killTree(os.Getpid())
			h.kill = time.After(20 * time.Millisecond) // what was born meanwhile
		}
	}
}

// terminate asks all to end, and begins the grace.
func (h *holder) terminate() {
	for _, p := range descendants(os.Getpid()) {
		_ = unix.Kill(p.pid, unix.SIGTERM)
	}
	h.kill = time.After(h.grace)
}

// reap reaps every child that has ended and reports whether none is left.
func (h *holder) reap() bool {
	for {
		var status unix.WaitStatus
		pid, err := unix.Wait4(-1, &status, unix.WNOHANG, nil)
		switch {
		case errors.Is(err, unix.EINTR):
		case err != nil:
			return true // ECHILD
		case pid == 0:
			return false
		case pid == h.program:
			h.ended, h.status = true, status
		}
	}
}

// report says that the program ended by itself, and names what it left behind,
// a line each, as far as anybody reads: nobody does before the holder has ended, so
// more might not fit into the pipe.
func (h *holder) report() {
	text := reportEnded + "\n"
	for _, p := range descendants(os.Getpid()) {
		line := printable(p.name) + "\n"
		if len(text)+len(line) > maxReport {
			break
		}
		text += line
	}
	out := os.NewFile(reportFD, "report")
	_, _ = out.WriteString(text)
	_ = out.Close()
}

// printable is a name in one line: a program chooses its own.
func printable(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return '?'
		}
		return r
	}, name)
}

func exitStatus(s unix.WaitStatus) int {
	if s.Signaled() {
		return 128 + int(s.Signal())
	}
	return s.ExitStatus()
}

// relative is a process below another one.
type relative struct {
	pid  int
	name string
}

// killTree ends all processes below one. They are stopped first, so that none
// gets away by starting another while the list is read.
func killTree(root int) {
	stopped := map[int]bool{}
	for range 50 {
		before := len(stopped)
		for _, p := range descendants(root) {
			if !stopped[p.pid] {
				stopped[p.pid] = true
				_ = unix.Kill(p.pid, unix.SIGSTOP)
			}
		}
		if len(stopped) == before {
			break
		}
	}
	for pid := range stopped {
		_ = unix.Kill(pid, unix.SIGKILL)
	}
}

// descendants lists the living processes below one, parents first.
func descendants(root int) []relative {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil
	}
	children := map[int][]relative{}
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		stat, err := os.ReadFile("/proc/" + e.Name() + "/stat")
		if err != nil {
			continue // it has ended
		}
		if name, parent, alive := parseStat(string(stat)); alive {
			children[parent] = append(children[parent], relative{pid, name})
		}
	}
	var all []relative
	for next := []int{root}; len(next) > 0; next = next[1:] {
		for _, c := range children[next[0]] {
			all = append(all, c)
			next = append(next, c.pid)
		}
	}
	return all
}

// parseStat reads the name and parent of a line of /proc/PID/stat: "7 (a b) S 1
// …". A name may hold blanks and brackets.
func parseStat(stat string) (name string, parent int, alive bool) {
	open, end := strings.IndexByte(stat, '('), strings.LastIndexByte(stat, ')')
	if open < 0 || end < open {
		return "", 0, false
	}
	fields := strings.Fields(stat[end+1:])
	if len(fields) < 2 {
		return "", 0, false
	}
	parent, err := strconv.Atoi(fields[1])
	return stat[open+1 : end], parent, err == nil && fields[0] != "Z" && fields[0] != "X"
}
