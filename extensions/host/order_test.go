//go:build unix

package host_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/extensions/host"
	"github.com/devpm/devpm/extensions/protocol"
	"github.com/devpm/devpm/extensions/sandbox"
)

func failure(t *testing.T, err error) *host.Failure {
	t.Helper()
	var f *host.Failure
	if !errors.As(err, &f) {
		t.Fatalf("no failure but %v", err)
	}
	return f
}

func TestTheEnvironmentIsAnAllowList(t *testing.T) {
	base := []string{"PATH=/bin", "HOME=/home/ana", "LC_TIME=C", "GITHUB_TOKEN=x", "LD_PRELOAD=x", "PYTHONPATH=x", "https_proxy=p", "DOCKER_HOST=d", "odd"}
	if d := cmp.Diff([]string{"DEVPM_EXTENSION=1", "HOME=/home/ana", "LC_TIME=C", "PATH=/bin"}, host.Environment(base, false)); d != "" {
		t.Error(d)
	}
	want := []string{"DEVPM_EXTENSION=1", "DOCKER_HOST=d", "HOME=/home/ana", "LC_TIME=C", "PATH=/bin", "https_proxy=p"}
	if d := cmp.Diff(want, host.Environment(base, true)); d != "" {
		t.Error(d)
	}
}

func TestThePreambleComesFirst(t *testing.T) {
	h := host.New(host.Options{})
	defer h.Close()
	p := program("preamble")
	p.Preamble = []byte("import rules\n")
	s, err := h.Start(t.Context(), p, initialize)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Describe(t.Context()); err != nil {
		t.Error(err)
	}
}

// told collects what callbacks are given.
type told struct {
	mu    sync.Mutex
	lines []string
	begun chan struct{}
	once  sync.Once
}

func newTold() *told { return &told{begun: make(chan struct{})} }

func (r *told) add(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lines = append(r.lines, fmt.Sprintf(format, args...))
}

func (r *told) options() host.Options {
	return host.Options{
		Log: func(e, level, message string) { r.add("%s %s: %s", e, level, message) },
		Progress: func(e, message string, percent *float64) {
			if percent == nil {
				r.add("%s at ?: %s", e, message)
				return
			}
			r.add("%s at %g: %s", e, *percent, message)
		},
		Output: func(e, text string) {
			r.add("%s prints %q", e, text)
			r.once.Do(func() { close(r.begun) })
		},
	}
}

func TestNotificationsComeInOrderAndFitToBeShown(t *testing.T) {
	r := newTold()
	_, s := open(t, r.options(), "talks")
	if _, err := s.Command(t.Context(), protocol.CommandParams{Name: "c"}); err != nil {
		t.Fatal(err)
	}
	var want []string
	for i := range 100 {
		want = append(want, fmt.Sprintf("talks warning: line %d", i))
	}
	want = append(want, "talks info: a.py: \uFFFD[31mred", "talks at 50: half", "talks at ?: too far", `talks prints "for you\n"`)
	if d := cmp.Diff(want, r.lines); d != "" {
		t.Error(d)
	}
}

func TestRequestsOverlapAndAnswersFindTheirs(t *testing.T) {
	_, s := open(t, host.Options{}, "backwards")
	var all sync.WaitGroup
	got := make([]string, 2)
	for i := range got {
		all.Go(func() {
			raw, err := s.Services(t.Context(), "mailpit")
			if err != nil {
				t.Error(err)
			}
			got[i] = string(raw)
		})
	}
	all.Wait()
	if both := strings.Join(got, " "); !strings.Contains(both, "first") || !strings.Contains(both, "second") {
		t.Errorf("got %q", got)
	}
}

func TestAnInterruptedCommandSaysHowItStopped(t *testing.T) {
	r := newTold()
	_, s := open(t, r.options(), "cancels-command")
	ctx, cancel := context.WithCancelCause(t.Context())
	why := errors.New("Ctrl-C")
	go func() {
		<-r.begun
		cancel(why)
	}()
	result, err := s.Command(ctx, protocol.CommandParams{Name: "c"})
	if !errors.Is(err, why) || result.ExitCode != 7 || result.Message != "stopped half way" {
		t.Errorf("result %+v, %v", result, err)
	}
	if _, err := s.Describe(t.Context()); err != nil {
		t.Errorf("it stopped as asked, and is not usable any more: %v", err)
	}
}

func TestACommandThatIgnoresItsCancellationIsEnded(t *testing.T) {
	r := newTold()
	o := r.options()
	o.Limits = host.Limits{Cancel: 100 * time.Millisecond, Shutdown: time.Second}
	h, s := open(t, o, "deaf-command")
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-r.begun
		cancel()
	}()
	if _, err := s.Command(ctx, protocol.CommandParams{Name: "c"}); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	_, err := s.Describe(t.Context())
	f := failure(t, err)
	if f.Diagnostic.Code != diag.ExtensionSilent || !strings.Contains(f.Error(), "went on with a request that was cancelled") {
		t.Error(f.Diagnostic)
	}
	if err := h.Close(); err != nil {
		t.Error(err)
	}
}

func TestAProgramThatStopsInTimeStaysUsable(t *testing.T) {
	_, s := open(t, host.Options{Limits: host.Limits{Evaluate: 200 * time.Millisecond, Cancel: 10 * time.Second}}, "slow-but-cancels")
	_, err := s.Evaluate(t.Context(), "a.step")
	if f := failure(t, err); f.ExitStatus() != 124 {
		t.Errorf("exit status %d", f.ExitStatus())
	}
	if _, err := s.Describe(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestAContextThatHasEndedStartsNothing(t *testing.T) {
	h := host.New(host.Options{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := h.Start(ctx, program("good"), initialize); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	_ = h.Close()
	if _, err := h.Start(t.Context(), program("good"), initialize); err == nil {
		t.Error("a closed host starts programs")
	}
}

func TestWhatAnExtensionSaysOfItsFailureIsShown(t *testing.T) {
	_, s := open(t, host.Options{}, "fails")
	f := failure(t, s.Execute(t.Context(), "a.step"))
	want := diag.Diagnostic{Code: diag.ExtensionFailed, Message: "the extension fails failed in prepare.execute: no room \uFFFD[31mleft",
		Fix: "make room", Range: diag.Range{File: "checks/disk.py", Start: diag.Position{Line: 14, Column: 1}}}
	if d := cmp.Diff(want, f.Diagnostic); d != "" {
		t.Error(d)
	}
	if f.ExitStatus() != 42 || f.Method != protocol.MethodExecute || f.Code != protocol.CodeFailed {
		t.Errorf("status %d method %q code %d", f.ExitStatus(), f.Method, f.Code)
	}
}

func TestTheLastLinesOfStandardErrorAreKept(t *testing.T) {
	h := host.New(host.Options{})
	_, err := h.Start(t.Context(), program("crash-before-reading"), initialize)
	f := failure(t, err)
	if d := cmp.Diff([]string{"no such module: rules"}, f.LastLines()); d != "" {
		t.Error(d)
	}
	if err := h.Close(); err != nil {
		t.Errorf("what was told is told again: %v", err)
	}
}

func TestProgramsThatCannotBeStarted(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "plain"), []byte("text"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name    string
		program host.Program
		status  int
		message string
	}{
		{"a file that is nowhere", host.Program{Argv: []string{filepath.Join(dir, "gone")}}, 127, "not found"},
		{"a file that is no program", host.Program{Argv: []string{filepath.Join(dir, "plain")}}, 126, "not executable"},
		{"a directory that is nowhere", host.Program{Argv: []string{os.Args[0]}, Dir: filepath.Join(dir, "gone")}, 126, "bad directory"},
		{"nothing", host.Program{}, 127, "not found"},
	} {
		for _, self := range []string{"", self(t)} {
			t.Run(tc.name+" "+filepath.Base(self), func(t *testing.T) {
				h := host.New(host.Options{Self: self})
				defer h.Close()
				p := tc.program
				p.Name = "x"
				_, err := h.Start(t.Context(), p, initialize)
				f := failure(t, err)
				if f.Diagnostic.Code != diag.ExtensionNotStarted || f.ExitStatus() != tc.status || !strings.Contains(f.Error(), tc.message) || f.Diagnostic.Fix == "" {
					t.Errorf("status %d: %s", f.ExitStatus(), f.Diagnostic)
				}
			})
		}
	}
}

func TestEveryFaultOfAnAnswerHasItsPlace(t *testing.T) {
	_, s := open(t, host.Options{}, "many-faults")
	_, err := s.Services(t.Context(), "mailpit")
	var got []string
	for _, d := range failure(t, err).Diagnostics() {
		got = append(got, d.Range.String()+" "+d.Path)
	}
	want := []string{
		"extension many-faults: compose.services:1:20 services.a/b",
		"extension many-faults: compose.services:1:42 services.db",
		"extension many-faults: compose.services:1:29 services.web",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestASecretThatNobodyAskedForIsNotShown(t *testing.T) {
	_, s := open(t, host.Options{}, "leaks-a-secret")
	secrets, err := s.Secrets(t.Context(), "vault", []string{"token"})
	f := failure(t, err)
	if !strings.Contains(f.Error(), `nobody asked for the secret "other"`) || strings.Contains(fmt.Sprint(f, secrets), "hunter2") {
		t.Errorf("%s %v", f.Diagnostic, secrets)
	}
}

func TestProgramsAreEndedBesideEachOther(t *testing.T) {
	h := host.New(host.Options{Limits: host.Limits{Start: 20 * time.Second, Shutdown: 500 * time.Millisecond}})
	var all sync.WaitGroup
	for range 6 {
		all.Go(func() {
			if _, err := h.Start(t.Context(), program("deaf"), initialize); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	began := time.Now()
	err := h.Close()
	if took := time.Since(began); took > 3*time.Second {
		t.Errorf("took %s; one after another is 6 s", took)
	}
	if n := strings.Count(err.Error(), "went on running"); n != 6 {
		t.Errorf("%d of 6 are named: %v", n, err)
	}
}

func TestWithoutAHolderTheGroupIsEnded(t *testing.T) {
	h := host.New(host.Options{Limits: host.Limits{Shutdown: 2 * time.Second}})
	p := program("fork")
	file := filepath.Join(t.TempDir(), "pid")
	p.Env = append(p.Env, "HOST_PID="+file)
	if err := converse(t.Context(), h, p); err != nil {
		t.Error(err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var pid int
	if _, err := fmt.Sscan(string(text), &pid); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(5 * time.Second); alive(pid); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("process %d lives", pid)
		}
	}
}

// alive reports whether a process runs; one that waits for its parent does not.
func alive(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if errors.Is(err, fs.ErrNotExist) && syscall.Kill(pid, 0) != nil {
		return false
	}
	return !strings.Contains(string(stat), ") Z ")
}

func TestAProgramThatMayWriteHasADirectoryForTemporaryFiles(t *testing.T) {
	for _, self := range []string{"", self(t)} {
		h := host.New(host.Options{Self: self})
		p := program("temporary-files")
		p.Env = append(p.Env, "TMPDIR="+os.TempDir(), "tmp=elsewhere")
		p.Profile = sandbox.Profile{Write: []string{t.TempDir()}, Spawn: true}
		s, err := h.Start(t.Context(), p, initialize)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Execute(t.Context(), "a.step"); err != nil {
			t.Error(err)
		}
		if err := h.Close(); err != nil {
			t.Error(err)
		}
		dir := s.Tail()[0]
		if dir == os.TempDir() || !filepath.IsAbs(dir) {
			t.Errorf("the directory is %q", dir)
		}
		if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("it is left: %v", err)
		}
	}
}
