package cli

import (
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

// TestOneDirectoryGetsTheName: many directories of one name choose before any
// has claimed it. One gets it, and the others are told to look again.
func TestOneDirectoryGetsTheName(t *testing.T) {
	state := t.TempDir()
	app := newApp(Host{Environ: []string{"XDG_STATE_HOME=" + state}})
	const dirs = 8
	results := make([]error, dirs)
	projects := make([]*project, dirs)
	for i := range projects {
		dir := filepath.Join(t.TempDir(), "shop")
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		projects[i] = &project{dir: dir, stateDir: projectStateDir(app, "", dir), name: "shop"}
	}
	var group sync.WaitGroup
	for i, p := range projects {
		group.Go(func() { results[i] = p.keepName(t.Context(), app) })
	}
	group.Wait()
	winners := 0
	for i, err := range results {
		_, kept := os.Stat(filepath.Join(projects[i].stateDir, nameFile))
		switch {
		case err == nil && kept == nil:
			winners++
		case !errors.Is(err, errTaken) || kept == nil:
			t.Errorf("%v, and the name was kept: %v", err, kept == nil)
		case projects[i].claimedBy(app, "shop") == "":
			t.Error("looking again does not show who was faster")
		}
	}
	if winners != 1 {
		t.Errorf("%d directories got the name", winners)
	}
}
