package observe

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/internal/fsx"
	"github.com/devpm/devpm/prepare"
)

func TestObserveSeesWhatIsThere(t *testing.T) {
	dir, outside := project(t), t.TempDir()
	must(t, os.Symlink(outside, filepath.Join(dir, "out")))
	d := &prepare.Desired{
		Files: []prepare.File{
			{Path: "docker-compose.yml"}, {Path: "missing"}, {Path: "out/file"}, {Path: ".odpm"}, {Path: "docker-compose.yml/x"},
			{Path: ".odpm/compose/fragments/web.yml"},
		},
		Prunes:       []prepare.Prune{{Dir: ".odpm/compose/fragments", Ext: ".yml"}, {Dir: "not/there", Ext: ".yml"}},
		Directories:  []prepare.Directory{{Path: outside}, {Path: "data"}},
		Links:        []prepare.Link{{Path: "out"}, {Path: "docker-compose.yml"}, {Path: "dependencies/x"}},
		Repositories: []prepare.Repository{{Dir: "/a"}, {Dir: "/b"}},
	}
	got := Observe(t.Context(), d, World{Files: view(t, dir), Repositories: fakeGit{}, Engine: fakeEngine{}})
	mode := func() os.FileMode {
		if runtime.GOOS == "windows" {
			return 0
		}
		return 0o644
	}()
	want := &prepare.Observed{
		Files: map[string]prepare.FileState{
			"docker-compose.yml": {Exists: true, Content: []byte("services: {}\n"), Mode: mode},
			"missing":            {}, "out/file": {Exists: true, Problem: prepare.LeadsOut}, ".odpm": {Exists: true, Problem: prepare.IsDirectory},
			"docker-compose.yml/x":            {Exists: true, Problem: prepare.UnderFile},
			".odpm/compose/fragments/web.yml": {Exists: true, Content: []byte("web"), Mode: mode},
		},
		Stale:       map[string][]string{".odpm/compose/fragments": {"old.yml"}},
		Directories: map[string]bool{outside: true, "data": false},
		Links: map[string]prepare.LinkState{
			"out": {Exists: true, IsLink: true, Target: outside}, "docker-compose.yml": {Exists: true}, "dependencies/x": {},
		},
		Repositories: map[string]prepare.RepositoryState{"/a": {Present: true, Origin: "/a"}, "/b": {Present: true, Origin: "/b"}},
		Engine:       prepare.EngineState{Asked: true, Reachable: true},
		Record:       prepare.Record{DocumentHash: "abc"},
		Verdict:      "def",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestADamagedStateFileIsAWarning(t *testing.T) {
	dir := project(t)
	must(t, os.WriteFile(filepath.Join(dir, prepare.RecordPath), []byte(`{"document": "abc", "services": 3}`), 0o644))
	must(t, os.Remove(filepath.Join(dir, prepare.VerdictPath)))
	must(t, os.Mkdir(filepath.Join(dir, prepare.VerdictPath), 0o755))
	got := Observe(t.Context(), &prepare.Desired{}, World{Files: view(t, dir)})
	if len(got.Warnings) != 2 || got.Warnings[0].Code != diag.StateUnreadable || got.Warnings[0].Severity != diag.Warning {
		t.Errorf("warnings: %v", got.Warnings)
	}
	if diff := cmp.Diff(prepare.Record{}, got.Record); diff != "" {
		t.Error("half of a damaged record is used: ", diff)
	}
}

func TestObserveChangesNothing(t *testing.T) {
	dir := project(t)
	d := &prepare.Desired{
		Files: []prepare.File{{Path: "new/file"}, {Path: "docker-compose.yml"}}, Directories: []prepare.Directory{{Path: "data"}},
		Links: []prepare.Link{{Path: "dependencies/x", Target: "/x"}},
	}
	before := listing(t, dir)
	Observe(t.Context(), d, World{Files: view(t, dir)})
	if diff := cmp.Diff(before, listing(t, dir)); diff != "" {
		t.Error(diff)
	}
}

// TestWhatWaitsIsAskedAtTheSameTime would hang if the engine and the
// repositories were asked one after the other.
func TestWhatWaitsIsAskedAtTheSameTime(t *testing.T) {
	var all sync.WaitGroup
	all.Add(3)
	meet := func() { all.Done(); all.Wait() }
	d := &prepare.Desired{Repositories: []prepare.Repository{{Dir: "/a"}, {Dir: "/b"}}}
	done := make(chan struct{})
	go func() {
		Observe(t.Context(), d, World{Files: view(t, project(t)), Repositories: fakeGit{meet}, Engine: fakeEngine{meet}})
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		t.Fatal("they wait for each other")
	}
}

func BenchmarkObserveThousandFragments(b *testing.B) {
	dir := b.TempDir()
	must(b, os.MkdirAll(filepath.Join(dir, ".odpm/compose/fragments"), 0o755))
	d := &prepare.Desired{}
	for i := range 1000 {
		f := prepare.File{Path: fmt.Sprintf(".odpm/compose/fragments/s%04d.yml", i)}
		must(b, os.WriteFile(filepath.Join(dir, f.Path), []byte("services:\n  x:\n    image: y\n"), 0o644))
		d.Files = append(d.Files, f)
	}
	for b.Loop() {
		v, err := fsx.OpenView(dir)
		must(b, err)
		Observe(b.Context(), d, World{Files: v})
		v.Close()
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*1000), "µs/file")
}

type fakeGit struct{ meet func() }

func (g fakeGit) State(_ context.Context, r prepare.Repository) prepare.RepositoryState {
	if g.meet != nil {
		g.meet()
	}
	return prepare.RepositoryState{Present: true, Origin: r.Dir}
}

type fakeEngine struct{ meet func() }

func (e fakeEngine) Observe(context.Context, *prepare.Desired) prepare.EngineState {
	if e.meet != nil {
		e.meet()
	}
	return prepare.EngineState{Asked: true, Reachable: true}
}

func project(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	must(t, os.MkdirAll(filepath.Join(dir, ".odpm/compose/fragments"), 0o755))
	for name, text := range map[string]string{
		"docker-compose.yml": "services: {}\n", prepare.RecordPath: `{"document":"abc"}`, prepare.VerdictPath: `{"document":"def"}`,
		".odpm/compose/fragments/web.yml": "web", ".odpm/compose/fragments/old.yml": "", ".odpm/compose/fragments/.gitignore": "*",
	} {
		must(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644))
	}
	return dir
}

func view(t *testing.T, dir string) *fsx.View {
	t.Helper()
	v, err := fsx.OpenView(dir)
	must(t, err)
	t.Cleanup(func() { v.Close() })
	return v
}

func listing(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	must(t, filepath.Walk(dir, func(path string, info os.FileInfo, err error) error {
		fmt.Fprintln(&b, path, info.Size(), info.Mode(), info.ModTime())
		return err
	}))
	return b.String()
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
