package conformance

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/devpm/devpm/extensions/sandbox"
)

func options(t *testing.T) Options {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return Options{Self: self, ProjectDir: t.TempDir(), CacheDir: t.TempDir(), Times: Times{Answer: 20 * time.Second, Shutdown: 10 * time.Second}}
}

func TestGoodExtensionPasses(t *testing.T) {
	t.Parallel()
	r := Run(t.Context(), sampleProgram(t, "sample"), options(t))
	for _, x := range r.Results {
		if x.Status == Failed {
			t.Errorf("%s: %s (%s)", x.Check, x.Problem, x.Fix)
		}
		if x.Status == Skipped && (x.Check != "sandbox" || whole()) {
			t.Errorf("%s was skipped: %s", x.Check, x.Problem)
		}
	}
	if !r.OK() || r.Extension.Name != "sample" || len(r.Capabilities) != 8 {
		t.Errorf("report %+v", r)
	}
}

// Each extension that is wrong in one way fails the check of that name, and the
// checks that cannot pass without it.
func TestWrongExtensionsFailTheirCheck(t *testing.T) {
	also := map[string][]string{
		"describe-name":  {"stable"},
		"describe-twice": {"stable"},
		"services":       {"stacks"},
		"left-behind":    {"sandbox"}, // which lets it start nothing
		"stdout":         {"describe"},
	}
	tried := map[string]bool{}
	for name := range wrongs() {
		want := checkOf(name)
		tried[want] = true
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := options(t)
			switch want {
			case "cancel", "shutdown", "end-of-input", "left-behind":
				o.Times.Shutdown = time.Second
				o.Times.Answer = 3 * time.Second
			}
			if name == "initialize-silent" || name == "initialize-text" {
				o.Times.Answer = time.Second
			}
			if want == "sandbox" && !whole() {
				t.Skip("the sandbox is not whole on this machine")
			}
			r := Run(t.Context(), sampleProgram(t, name), o)
			found := false
			for _, x := range r.Results {
				switch {
				case x.Check == want:
					found = true
					if x.Status != Failed || x.Problem == "" || x.Fix == "" {
						t.Errorf("%s: %s %q (%s)", x.Check, x.Status, x.Problem, x.Fix)
					}
					t.Logf("%s: %s\n\tfix: %s", x.Check, x.Problem, x.Fix)
				case x.Status == Failed && !slices.Contains(also[name], x.Check):
					t.Errorf("%s fails too: %s", x.Check, x.Problem)
				}
			}
			if !found || r.OK() {
				t.Errorf("no check %q, or the report says that all is well", want)
			}
		})
	}
	for _, c := range checks() {
		if !tried[c.name] {
			t.Errorf("no extension fails the check %q", c.name)
		}
	}
}

// whole reports whether this machine enforces everything.
func whole() bool { return sandbox.This().Level(sandbox.Profile{}).Full() }

// checkOf is the check of "check-how"; names of checks have dashes too.
func checkOf(name string) string {
	best := ""
	for _, c := range checks() {
		if (name == c.name || strings.HasPrefix(name, c.name+"-")) && len(c.name) > len(best) {
			best = c.name
		}
	}
	return best
}

func TestNotAProgram(t *testing.T) {
	r := Run(t.Context(), Program{Argv: []string{"/no/such/program"}}, options(t))
	if r.OK() || r.Results[0].Status != Failed || r.Results[1].Status != Skipped || !strings.Contains(r.Results[0].Problem, "cannot be started") {
		t.Errorf("%+v", r.Results[:2])
	}
}
