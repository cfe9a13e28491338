//go:build unix

package host_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/extensions/host"
	"github.com/devpm/devpm/extensions/sandbox"
)

// hostile is the set of programs that do not do as they should: what devpm says
// first about each. An empty code stands for one that is put up with.
var hostile = []struct {
	act     string
	code    diag.Code
	message string
	profile sandbox.Profile
	// enforced says whether the kernel can do what the row is about; nil: always.
	enforced func(sandbox.Level) bool
}{
	{act: "good"},
	{act: "silent", code: diag.ExtensionSilent, message: "did not answer within 500ms of its start"},
	{act: "reads-nothing", code: diag.ExtensionSilent, message: "did not answer prepare.evaluate within 300ms"},
	{act: "slow", code: diag.ExtensionSilent, message: "did not answer prepare.evaluate within 300ms"},
	{act: "slow-but-cancels", code: diag.ExtensionSilent, message: "did not answer prepare.evaluate within 300ms"},
	{act: "crash-before-reading", code: diag.ExtensionEnded, message: "ended with exit status 3 while it started"},
	{act: "crash-in-initialize", code: diag.ExtensionEnded, message: "ended with exit status 3 while it started"},
	{act: "crash-after-initialize", code: diag.ExtensionEnded, message: "ended with exit status 3 while it was asked for describe"},
	{act: "crash-in-a-line", code: diag.ExtensionEnded, message: "ended with exit status 3 in the middle of a line while it was asked for describe"},
	{act: "crash-after-describe", code: diag.ExtensionEnded, message: "ended with exit status 3 while it was asked for prepare.evaluate"},
	{act: "crash-in-evaluate", code: diag.ExtensionEnded, message: "was ended by signal 9 while it was asked for prepare.evaluate"},
	{act: "crash-in-execute", code: diag.ExtensionEnded, message: "ended with exit status 3 while it was asked for prepare.execute"},
	{act: "crash-at-shutdown", code: diag.ExtensionEnded, message: "ended with exit status 3 when it was asked to end"},
	{act: "closes-output", code: diag.ExtensionEnded, message: "closed its output and went on running while it was asked for describe"},
	{act: "closes-input", code: diag.ExtensionEnded, message: "closed its input and went on running while it was asked for describe"},

	{act: "garbage", code: diag.ExtensionNoMessage, message: `wrote a line that is no message: "\x00\xff\x1b[2J\x01 garbage" while it was asked for describe`},
	{act: "half-a-message", code: diag.ExtensionNoMessage, message: "is not JSON: it ends in the middle"},
	{act: "long-line", code: diag.ExtensionTooLong, message: "wrote a message of more than 8 MiB while it was asked for describe"},
	{act: "endless-line", code: diag.ExtensionTooLong, message: "wrote a message of more than 8 MiB"},
	{act: "nan", code: diag.ExtensionNoMessage, message: "is not JSON: NaN is no number of JSON while it was asked for compose.services"},
	{act: "same-key-twice", code: diag.ExtensionNoMessage, message: "has the same key twice in one object (at /result/services/w/image)"},
	{act: "not-utf8", code: diag.ExtensionNoMessage, message: "is not UTF-8: the byte 0xFF"},
	{act: "two-on-a-line", code: diag.ExtensionNoMessage, message: "is not JSON"},
	{act: "batch", code: diag.ExtensionNoMessage, message: "is JSON, but no message"},
	{act: "no-version", code: diag.ExtensionNoMessage, message: `is no message: "jsonrpc" is not "2.0"`},
	{act: "prints", code: diag.ExtensionNoMessage, message: `wrote a line that is no message: "loading rules"`},
	{act: "flood-of-log"},
	{act: "endless-log", code: diag.ExtensionSilent, message: "did not answer prepare.evaluate within 300ms"},
	{act: "flood-of-errors"},
	{act: "sends-requests"},
	{act: "flood-of-requests", code: diag.ExtensionEnded, message: "ended with exit status 0 while it was asked for compose.services; before that, it sent a request (\"devpm/eval\"); devpm answers none"},
	{act: "answers-twice"},
	{act: "unknown-ids"},
	{act: "wrong-ids", code: diag.ExtensionSilent, message: "before that, it answered a request that was never made (id 4711)"},
	{act: "news"},

	{act: "other-version", code: diag.ExtensionProtocol, message: "speaks protocol version 2; devpm speaks 1"},
	{act: "no-capability", code: diag.ExtensionProtocol, message: "cannot be asked for prepare.evaluate: it does not offer prepare.steps/1"},
	{act: "not-offered", code: diag.ExtensionShape, message: `"prepare_step" is registered, but prepare.steps/1 is not offered`},
	{act: "unknown-method", code: diag.ExtensionProtocol, message: "does not know the request prepare.evaluate"},
	{act: "fails", code: diag.ExtensionFailed, message: "failed in prepare.execute: no room \uFFFD[31mleft"},
	{act: "fails-without-shape", code: diag.ExtensionFailed, message: "failed in prepare.execute: gone"},
	{act: "error-is-text", code: diag.ExtensionNoMessage, message: `has an "error" that is not an object with a code and a message`},
	{act: "duplicate-id", code: diag.ExtensionShape, message: `hook "a" is registered twice, first as number 1`},
	{act: "empty-id", code: diag.ExtensionShape, message: "the name is empty"},
	{act: "path-outside", code: diag.ExtensionShape, message: `the path "../../etc/passwd" leaves the extension`},
	{act: "wrong-type", code: diag.ExtensionShape, message: "there is a number where another type is expected"},
	{act: "list-for-an-answer", code: diag.ExtensionShape, message: "it is a list, not an object"},
	{act: "unknown-outcome", code: diag.ExtensionShape, message: `"maybe" is no outcome`},
	{act: "reserved-service"}, // judged with the project's stack, by compose
	{act: "service-name", code: diag.ExtensionShape, message: `the name of the service "../up" has a character or form that is not allowed`},
	{act: "no-services", code: diag.ExtensionShape, message: "it has no services"},
	{act: "deep", code: diag.ExtensionNoMessage, message: "is nested too deep"},

	{act: "fills-memory", code: diag.ExtensionEnded, message: "ended with exit status ",
		profile: sandbox.Profile{AddressSpace: 2 << 30}, enforced: onLinux},
	{act: "writes", code: diag.ExtensionFailed, message: "failed in prepare.evaluate: refused: open ", enforced: func(l sandbox.Level) bool { return l.Filesystem }},
	{act: "connects", code: diag.ExtensionFailed, message: "failed in prepare.evaluate: refused: ", enforced: func(l sandbox.Level) bool { return l.Sockets }},
	{act: "starts-others", code: diag.ExtensionFailed, message: "failed in prepare.evaluate: refused: fork/exec ", enforced: func(l sandbox.Level) bool { return l.Processes }},

	{act: "deaf", code: diag.ExtensionStubborn, message: "went on running 300ms after it was asked to end, and was made to"},
	{act: "closes-output-first"},
	{act: "polite-but-slow", code: diag.ExtensionStubborn, message: "went on running 300ms after it was asked to end"},
	{act: "fork", code: diag.ExtensionLeft, message: "left 1 process behind, which was ended: ", profile: sandbox.Profile{Spawn: true}, enforced: onLinux},
	{act: "daemon", code: diag.ExtensionLeft, message: "left 1 process behind, which was ended: ", profile: sandbox.Profile{Spawn: true}, enforced: onLinux},
}

// onLinux: elsewhere there are no holders and no limits.
func onLinux(sandbox.Level) bool { return runtime.GOOS == "linux" }

// quick are limits with which the whole set takes seconds.
var quick = host.Limits{Start: 500 * time.Millisecond, Describe: 300 * time.Millisecond, Evaluate: 300 * time.Millisecond,
	Call: 300 * time.Millisecond, Execute: 300 * time.Millisecond, Shutdown: 300 * time.Millisecond, Cancel: 100 * time.Millisecond}

// converse asks a program for everything and returns the first failure.
func converse(ctx context.Context, h *host.Host, p host.Program) (first error) {
	s, err := h.Start(ctx, p, initialize)
	if err != nil {
		return err
	}
	defer func() {
		if err := s.Close(); first == nil {
			first = err
		}
	}()
	if _, err := s.Describe(ctx); err != nil {
		return err
	}
	if _, err := s.Evaluate(ctx, "a.step"); err != nil {
		return err
	}
	if _, err := s.Services(ctx, "mailpit"); err != nil {
		return err
	}
	return s.Execute(ctx, "a.step")
}

func TestTheHostileSetIsContainedNamedAndExplained(t *testing.T) {
	for _, tc := range hostile {
		t.Run(tc.act, func(t *testing.T) {
			t.Parallel()
			if tc.enforced != nil && !tc.enforced(sandbox.This().Level(tc.profile)) {
				t.Skip("this kernel does not enforce it")
			}
			limits := quick
			if tc.act != "silent" {
				limits.Start = 20 * time.Second // a busy machine
			}
			if tc.code != diag.ExtensionSilent {
				limits.Describe, limits.Evaluate = limits.Start, limits.Start
			}
			if tc.code != diag.ExtensionStubborn {
				limits.Shutdown = 2 * time.Second
			}
			h := host.New(host.Options{Limits: limits, Self: self(t)})
			p := program(tc.act)
			p.Profile = tc.profile
			target := filepath.Join(t.TempDir(), "written")
			p.Env = append(p.Env, "HOST_TARGET="+target)
			err := converse(t.Context(), h, p)
			if closing := h.Close(); closing != nil {
				t.Errorf("closing the host again: %v", closing)
			}
			if _, err := os.Stat(target); err == nil {
				t.Error("it has written outside")
			}
			if tc.code == "" {
				if err != nil {
					t.Errorf("%v", err)
				}
				return
			}
			var f *host.Failure
			if !errors.As(err, &f) {
				t.Fatalf("no failure but %v", err)
			}
			d := f.Diagnostic
			if d.Code != tc.code || !strings.Contains(d.Message, tc.message) {
				t.Errorf("got %s\nwant %s … %s", d, tc.code, tc.message)
			}
			if !strings.HasPrefix(d.Message, "the extension "+tc.act+" ") || f.Extension != tc.act || d.Fix == "" {
				t.Errorf("not named or explained: %s", d)
			}
		})
	}
}

// self is the test binary as devpm, for the sandbox and the holder.
func self(t testing.TB) string {
	t.Helper()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return path
}
