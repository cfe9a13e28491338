package python

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/devpm/devpm/extensions/protocol"
)

// TestTheExamplesOfTheDocumentationRun takes the code of docs/extensions/python.md:
// first a local plugin, then a package.
func TestTheExamplesOfTheDocumentationRun(t *testing.T) {
	page, err := os.ReadFile("../../docs/extensions/python.md")
	if err != nil {
		t.Fatal(err)
	}
	var code []string
	for _, part := range strings.Split(string(page), "```python\n")[1:] {
		text, _, _ := strings.Cut(part, "```")
		code = append(code, text)
	}
	if len(code) != 2 {
		t.Fatalf("%d examples", len(code))
	}

	_, d := plugins(t, project(t, map[string]string{"mailpit.py": code[0]}), protocol.ModePlan)
	if got := kinds(d); !slices.Equal(got, []string{"compose_fragment mailpit"}) {
		t.Errorf("got %v, %+v", got, d.Notices)
	}

	root := t.TempDir()
	write(t, filepath.Join(root, "certificates.py"), code[1])
	c, _, d := packaged(t, Package{Name: "certificates", Root: root, Entry: "certificates"}, protocol.ModeExecute)
	want := []string{"compose_fragment mailpit", "compose_patch mailpit", "prepare_step certificates.local", "hook certificates.warmup"}
	if got := kinds(d); !slices.Equal(got, want) {
		t.Fatalf("got %v, %+v", got, d.Notices)
	}
	for _, outcome := range []string{"run", "noop"} {
		var e protocol.Evaluation
		c.must(protocol.MethodEvaluate, protocol.StepParams{ID: "certificates.local"}, &e)
		if e.Outcome != outcome {
			t.Errorf("got %+v, want %s", e, outcome)
		}
		c.must(protocol.MethodExecute, protocol.StepParams{ID: "certificates.local"}, nil)
	}
	c.must(protocol.MethodRunHook, protocol.HookParams{ID: "certificates.warmup", Phase: "post_up"}, nil)
}
