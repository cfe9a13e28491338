//go:build engine

package e2e

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
)

// killProject takes every kind of step: a repository to clone, files, hooks, an
// image to build, a named volume, containers to wait for.
func killProject(t *testing.T) *project {
	t.Helper()
	p, _ := odooProject(t)
	server := filepath.Join(filepath.Dir(p.dir), "server")
	addons := filepath.Join(server, "acme", "addons.git")
	if err := os.MkdirAll(filepath.Join(addons, "shop_base"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(addons, "shop_base", "__manifest__.py"), []byte("{'name': 'Shop'}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	p.gitIn(addons, "init", "-q", "-b", "17.0")
	p.gitIn(addons, "add", "-A")
	p.gitIn(addons, "commit", "-qm", "addons")
	config := filepath.Join(filepath.Dir(p.dir), "gitconfig")
	if err := os.WriteFile(config, []byte("[url \""+server+"/\"]\n\tinsteadOf = https://git.example.com/\n[safe]\n\tdirectory = *\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	p.env = append(p.env, "GIT_CONFIG_GLOBAL="+config, "XDG_CACHE_HOME="+p.home+"/cache")
	p.write("odpm.json", strings.Replace(p.read("odpm.json"), `"services": {`, `"dependencies": ["https://git.example.com/acme/addons.git 17.0"],
  "hooks": {
    "post_clone": [["touch", "cloned"]],
    "post_prepare": [["sh", "-c", "echo built > built.tmp && mv built.tmp built"]],
    "pre_up": [["test", "-s", "built"]]
  },
  "volumes": {"state": {}},
  "services": {
    "job": {"image": "busybox:latest", "command": ["true"], "volumes": ["state:/state"]},`, 1))
	p.write("odpm.json", strings.NewReplacer(`"8025:8025", "1025:1025"`, fmt.Sprintf(`"%d:8025"`, freePort(t))).Replace(p.read("odpm.json")))
	return p
}

// TestEngineKill kills `devpm up` with SIGKILL at ten points spread over its
// progress, looks at every generated file, and runs it again each time.
func TestEngineKill(t *testing.T) {
	t.Parallel() // most of it is waiting; its images and ports are its own
	p := killProject(t)
	const points = 10
	// A whole run tells how many lines of progress there are, and what every
	// file looks like in the end.
	lines, _ := runUntil(t, p, -1)
	if lines < points {
		t.Fatalf("a whole run printed %d lines of progress; the kill points need %d", lines, points)
	}
	final := generated(t, p)
	p.settled()
	p.must(0, "down", "--volumes", "--data")
	wipe(t, p)

	for point := range points {
		at := 1 + point*(lines-1)/points
		t.Run(fmt.Sprintf("killed at line %d of %d", at, lines), func(t *testing.T) {
			p := *p
			p.t = t
			runUntil(t, &p, at)
			for name, content := range generated(t, &p) {
				if want, ok := final[name]; !ok || content != want {
					t.Errorf("after the kill %s is neither absent nor whole:\n%s", name, content)
				}
			}
			if r := p.run("up"); r.code != 0 {
				t.Fatalf("up after the kill: %s", r)
			}
			p.settled()
			for name, want := range final {
				if got := generated(t, &p)[name]; got != want {
					t.Errorf("after converging %s differs", name)
				}
			}
			if left := leftovers(t, &p); len(left) > 0 {
				t.Errorf("temporary files were left: %v", left)
			}
			p.must(0, "down", "--volumes", "--data")
			wipe(t, &p)
		})
	}
}

// runUntil runs `devpm up` and kills it after it printed so many lines of
// progress; -1 lets it end. It returns the number of lines, and whether the run
// was killed: how many lines there are depends on how often something is looked
// at, so it may have ended before.
func runUntil(t *testing.T, p *project, kill int) (lines int, killed bool) {
	t.Helper()
	cmd := p.command("--log-format", "json", "up")
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var printed []string
	scanner := bufio.NewScanner(stderr)
	scanner.Buffer(nil, 1<<20)
	for scanner.Scan() {
		printed = append(printed, scanner.Text())
		if len(printed) == kill {
			if err := cmd.Process.Signal(syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
		}
	}
	err = cmd.Wait()
	if kill < 0 && err != nil {
		t.Fatalf("up: %v\n%s", err, strings.Join(printed, "\n"))
	}
	return len(printed), err != nil
}

// state files say when and which containers, and so differ between runs.
var stateFiles = regexp.MustCompile(`^\.odpm/(state\.json|run\.lock|verdict.*)$`)

// generated reads every file that devpm generates.
func generated(t *testing.T, p *project) map[string]string {
	t.Helper()
	files := map[string]string{}
	for _, top := range []string{"docker-compose.yml", "Dockerfile", ".dockerignore", "odoo.conf", ".odpm"} {
		filepath.WalkDir(filepath.Join(p.dir, top), func(path string, d os.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() {
				return nil
			}
			rel, _ := filepath.Rel(p.dir, path)
			if !stateFiles.MatchString(rel) && !isTemporary(d.Name()) {
				files[rel] = p.read(rel)
			}
			return nil
		})
	}
	return files
}

func isTemporary(name string) bool {
	return strings.HasPrefix(name, ".devpm-") && strings.HasSuffix(name, ".tmp")
}

func leftovers(t *testing.T, p *project) []string {
	t.Helper()
	var found []string
	filepath.WalkDir(p.dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && isTemporary(d.Name()) {
			found = append(found, path)
		}
		return nil
	})
	return found
}

// wipe makes the project as new: only what the user wrote stays, and the image
// that devpm built goes.
func wipe(t *testing.T, p *project) {
	t.Helper()
	for _, name := range []string{"docker-compose.yml", "Dockerfile", ".dockerignore", "odoo.conf", ".odpm", "data", ".venv", "cloned", "built", "built.tmp", "dependencies", ".vscode", ".run"} {
		if err := os.RemoveAll(filepath.Join(p.dir, name)); err != nil {
			t.Fatal(err)
		}
	}
}
