//go:build engine

package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestEngineUndo kills `devpm up` with SIGKILL at points spread over its
// progress, undoes it, and wants everything as it was: containers, volumes,
// networks, images, clones, files. Data of an earlier project stays.
func TestEngineUndo(t *testing.T) {
	p := killProject(t)
	p.write("docker-compose.yml", "# by hand\nservices: {}\n")
	before := p.world()
	lines, _ := runUntil(t, p, -1)
	// afresh is the world of before whatever a run or an undo left, so that a
	// point that fails does not fail the ones after it.
	afresh := func(t *testing.T) {
		t.Helper()
		p.run("-q", "down", "--volumes", "--data")
		p.removeLeftovers()
		wipe(t, p)
		for _, dir := range []string{"src", "state", "cache"} {
			if err := os.RemoveAll(filepath.Join(p.home, dir)); err != nil {
				t.Fatal(err)
			}
		}
		p.write("docker-compose.yml", "# by hand\nservices: {}\n")
		for tag := range strings.FieldsSeq(p.docker("image", "ls", "-q", "--filter", "label=com.docker.compose.project="+filepath.Base(p.dir))) {
			exec.Command("docker", "image", "rm", "-f", tag).Run()
		}
		if d := differs(before, p.world()); d != "" {
			t.Fatalf("the world of before cannot be had again: -before +after\n%s", d)
		}
	}
	afresh(t)
	const points = 8
	for point := range points {
		at := 2 + point*(lines-8)/(points-1)
		t.Run(fmt.Sprintf("killed at line %d of %d", at, lines), func(t *testing.T) {
			p := *p
			p.t = t
			for at := at; ; at -= 4 { // a run that ended before it was to be killed is none of these
				if _, killed := runUntil(t, &p, at); killed {
					break
				}
				afresh(t)
			}
			listed := p.must(0, "undo", "--dry-run")
			done := p.must(0, "undo", "--yes")
			if d := differs(before, p.world()); d != "" {
				t.Errorf("the world differs: -before +after\n%s--- listed %s\n--- done %s", d, listed, done)
			}
			if r := p.must(0, "undo", "--yes"); !strings.Contains(r.stdout, "nothing to undo") {
				t.Errorf("a second undo: %s", r)
			}
			if t.Failed() {
				afresh(t)
			}
		})
	}

	// What an earlier run made stays: only the later one is taken back.
	p.must(0, "up")
	earlier := p.world()
	p.write("odpm.json", strings.Replace(p.read("odpm.json"), `"services": {`, `"services": {
    "late": {"image": "busybox:latest", "command": ["false"], "volumes": ["more:/more"]},`, 1))
	p.write("odpm.json", strings.Replace(p.read("odpm.json"), `"volumes": {`, `"volumes": {"more": {}, `, 1))
	r := p.must(1, "up")
	for _, want := range []string{"made: ", "container: ", "volume: ", "undo:  `devpm undo`"} {
		if !strings.Contains(r.stderr, want) {
			t.Errorf("a failed up does not say %q: %s", want, r)
		}
	}
	p.must(0, "undo", "--yes")
	if d := differs(earlier, p.world()); d != "" {
		t.Errorf("the world differs: -before +after\n%s", d)
	}
}

// differs is what differs between two worlds, line by line.
func differs(before, after string) string {
	return cmp.Diff(strings.Split(before, "\n"), strings.Split(after, "\n"))
}

// world is everything of the project that a run can make, as text. What hooks
// made, the run's lock and the project's own input are left out.
func (p *project) world() string {
	p.t.Helper()
	var b strings.Builder
	label := "label=com.docker.compose.project=" + filepath.Base(p.dir)
	for _, kind := range [][]string{
		{"ps", "-a", "--format", "{{.ID}} {{.Names}}"}, {"network", "ls", "--format", "{{.ID}} {{.Name}}"},
		{"volume", "ls", "--format", "{{.Name}}"}, {"image", "ls", "--format", "{{.ID}} {{.Repository}}:{{.Tag}}"},
	} {
		fmt.Fprintf(&b, "%s:\n%s", kind[0], p.docker(append(kind, "--filter", label)...))
	}
	for _, top := range []string{p.dir, filepath.Join(p.home, "src")} {
		filepath.WalkDir(top, func(path string, d os.DirEntry, err error) error {
			if err != nil {
				return nil
			}
			rel, _ := filepath.Rel(filepath.Dir(p.dir), path)
			switch name := d.Name(); {
			case name == "odpm.json", name == "cloned", name == "built", name == "built.tmp", name == "run.lock":
				return nil
			case strings.HasSuffix(path, "/.odpm"), strings.HasSuffix(path, "/.odpm/.gitignore"):
				return nil // made before anything is recorded
			case name == ".git", (name == "data" || name == ".venv") && d.IsDir():
				fmt.Fprintln(&b, rel)
				return filepath.SkipDir
			}
			text := ""
			if d.Type().IsRegular() {
				data, _ := os.ReadFile(path)
				text = fmt.Sprintf(" %x", len(data)) + " " + string(data[:min(len(data), 60)])
			}
			fmt.Fprintf(&b, "%s %v%q\n", rel, d.Type(), text)
			return nil
		})
	}
	return b.String()
}
