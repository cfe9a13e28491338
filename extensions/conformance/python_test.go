package conformance

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/devpm/devpm/extensions/python"
	"github.com/devpm/devpm/internal/execx"
)

// samplePython is testdata/sample.py as an extension.
func samplePython(t *testing.T) Program {
	t.Helper()
	i, fault := python.Find(os.LookupEnv, t.TempDir())
	if fault == nil {
		i, fault = i.Resolve(context.WithoutCancel(t.Context()), execx.System{}, t.TempDir(), os.Environ())
	}
	if fault != nil {
		t.Skip("no Python here: " + fault.Message)
	}
	dir, err := filepath.Abs("testdata")
	if err != nil {
		t.Fatal(err)
	}
	p := python.PackageProgram(i, python.Package{Name: "sample", Version: "1.0.0", Root: dir, Entry: "sample"}, t.TempDir(), []string{"PATH=" + os.Getenv("PATH")})
	return Program{Argv: p.Argv, Dir: p.Dir, Env: p.Env, Preamble: p.Preamble}
}

func TestGoodExtensionInPythonPasses(t *testing.T) {
	t.Parallel()
	r := Run(t.Context(), samplePython(t), options(t))
	for _, x := range r.Results {
		if x.Status == Failed {
			t.Errorf("%s: %s (%s)", x.Check, x.Problem, x.Fix)
		}
		if x.Status == Skipped && x.Check != "sandbox" {
			t.Errorf("%s was skipped: %s", x.Check, x.Problem)
		}
	}
	if !r.OK() || r.Extension.Name != "sample" || len(r.Capabilities) != 8 {
		t.Errorf("report %+v", r)
	}
}
