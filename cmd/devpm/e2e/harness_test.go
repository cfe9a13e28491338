//go:build engine

package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// binary is devpm, built once for all tests of the package.
var binary string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "devpm-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	binary = filepath.Join(dir, "devpm")
	if out, err := exec.Command("go", "build", "-o", binary, "..").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "building devpm: %v\n%s", err, out)
		os.Exit(1)
	}
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// project is one project directory with a home of its own. Whatever it started
// is removed when the test ends.
type project struct {
	t    *testing.T
	dir  string
	home string
	env  []string
	said *said // nil for projects that share a home with another
}

// newProject makes a project from files (path → content). The directory's
// name, and with it Compose's project name, is unique to the test.
func newProject(t *testing.T, files map[string]string) *project {
	t.Helper()
	root := t.TempDir()
	name := strings.ToLower(strings.NewReplacer("/", "-", "_", "-").Replace(t.Name()))
	p := &project{t: t, dir: filepath.Join(root, fmt.Sprintf("%s-%d", name, os.Getpid())), home: filepath.Join(root, "home")}
	for _, dir := range []string{p.dir, p.home} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	docker := os.Getenv("DOCKER_CONFIG")
	if docker == "" {
		home, _ := os.UserHomeDir()
		docker = filepath.Join(home, ".docker")
	}
	p.env = append(os.Environ(), "HOME="+p.home, "XDG_STATE_HOME="+p.home+"/state", "XDG_CONFIG_HOME="+p.home+"/config",
		"DOCKER_CONFIG="+docker, "GIT_CONFIG_GLOBAL=/dev/null", "GOFLAGS=-buildvcs=false",
		"GOPATH="+goEnv(t, "GOPATH"), "GOCACHE="+goEnv(t, "GOCACHE"))
	for name, content := range files {
		p.write(name, content)
	}
	p.watchSecrets()
	t.Cleanup(func() {
		if t.Failed() && os.Getenv("E2E_KEEP_FAILED") != "" {
			t.Logf("kept: %s", p.dir)
			return
		}
		p.run("-q", "down", "--volumes", "--data")
		p.removeLeftovers()
	})
	return p
}

// fixture is a project from testdata/fixtures or examples.
func fixture(t *testing.T, dir string) *project {
	t.Helper()
	files := map[string]string{}
	root := filepath.Join("..", "..", "..", dir)
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		if strings.HasPrefix(rel, ".odpm") || strings.HasPrefix(rel, "build") || rel == "docker-compose.yml" {
			return nil // left by a demo
		}
		data, err := os.ReadFile(path)
		files[rel] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return newProject(t, files)
}

func goEnv(t *testing.T, name string) string {
	t.Helper()
	out, err := exec.Command("go", "env", name).Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

func (p *project) write(name, content string) {
	p.t.Helper()
	path := filepath.Join(p.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		p.t.Fatal(err)
	}
	mode := fs.FileMode(0o644)
	if strings.HasPrefix(content, "#!") {
		mode = 0o755
	}
	if err := os.WriteFile(path, []byte(content), mode); err != nil {
		p.t.Fatal(err)
	}
}

func (p *project) read(name string) string {
	p.t.Helper()
	data, err := os.ReadFile(filepath.Join(p.dir, name))
	if err != nil {
		p.t.Fatal(err)
	}
	return string(data)
}

// result is what one run of devpm printed and how it ended.
type result struct {
	code           int
	stdout, stderr string
}

func (r result) String() string {
	return fmt.Sprintf("exit %d\n--- stdout\n%s--- stderr\n%s", r.code, r.stdout, r.stderr)
}

// trusting adds --trust to the commands that would ask: nobody is there to
// answer, and these projects are the tests' own.
func trusting(args []string) []string {
	for i, arg := range args {
		if arg == "up" || arg == "down" {
			return slices.Insert(slices.Clone(args), i+1, "--trust")
		}
	}
	return args
}

func (p *project) command(args ...string) *exec.Cmd {
	ctx, cancel := context.WithTimeout(context.Background(), 8*time.Minute)
	p.t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, binary, trusting(args)...)
	cmd.Dir, cmd.Env = p.dir, p.env
	return cmd
}

// run runs devpm in the project.
func (p *project) run(args ...string) result {
	p.t.Helper()
	return p.finish(p.command(args...))
}

func (p *project) finish(cmd *exec.Cmd) result {
	p.t.Helper()
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		p.t.Fatal(err)
	}
	r := result{cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()}
	p.said.note(cmd.Args, r)
	return r
}

// must runs devpm and wants an exit status.
func (p *project) must(code int, args ...string) result {
	p.t.Helper()
	r := p.run(args...)
	if r.code != code {
		p.t.Fatalf("devpm %s: want exit %d, got %s", strings.Join(args, " "), code, r)
	}
	return r
}

// docker runs the docker CLI and returns its output.
func (p *project) docker(args ...string) string {
	p.t.Helper()
	cmd := exec.Command("docker", args...)
	cmd.Dir, cmd.Env = p.dir, p.env
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		p.t.Fatalf("docker %s: %v\n%s", strings.Join(args, " "), err, stderr.String())
	}
	return string(out)
}

// removeLeftovers removes what a killed run may have left under the project's
// name, in case down could not.
func (p *project) removeLeftovers() {
	label := "label=com.docker.compose.project=" + filepath.Base(p.dir)
	for _, kind := range [][]string{{"ps", "-aq"}, {"network", "ls", "-q"}, {"volume", "ls", "-q"}} {
		out, err := exec.Command("docker", append(kind, "--filter", label)...).Output()
		if err != nil {
			continue
		}
		for id := range strings.FieldsSeq(string(out)) {
			remove := []string{kind[0], "rm", "-f", id}
			if kind[0] == "ps" {
				remove = []string{"rm", "-f", id}
			}
			exec.Command("docker", remove...).Run()
		}
	}
}

// planned is the part of `plan --format json` that tests look at.
type planned struct {
	Version int `json:"plan_version"`
	Steps   []struct {
		ID      string `json:"id"`
		Outcome string `json:"outcome"`
		Reason  string `json:"reason"`
	} `json:"steps"`
}

func (p planned) ids() []string {
	ids := make([]string, len(p.Steps))
	for i, s := range p.Steps {
		ids[i] = s.ID
	}
	return ids
}

func (p *project) plan(args ...string) planned {
	p.t.Helper()
	r := p.must(0, append([]string{"plan", "--format", "json"}, args...)...)
	var plan planned
	if err := json.Unmarshal([]byte(r.stdout), &plan); err != nil {
		p.t.Fatalf("plan: %v\n%s", err, r)
	}
	return plan
}

// settled wants a plan with nothing left to do.
func (p *project) settled() {
	p.t.Helper()
	if r := p.run("plan", "--detailed-exitcode"); r.code != 0 {
		p.t.Fatalf("a plan right after up has something to do: %s", r)
	}
}

// get asks a URL until it answers 200; the deadline is generous, the polling is
// not sleeping for luck but waiting for a condition.
func get(t *testing.T, url string) string {
	t.Helper()
	client := &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{Proxy: nil}}
	deadline := time.Now().Add(2 * time.Minute)
	for {
		resp, err := client.Get(url)
		if err == nil {
			body, readErr := io.ReadAll(resp.Body)
			resp.Body.Close()
			if readErr == nil && resp.StatusCode == http.StatusOK {
				return string(body)
			}
			err = fmt.Errorf("%s: %s", resp.Status, body)
		}
		if time.Now().After(deadline) {
			t.Fatalf("GET %s: %v", url, err)
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// freePort is a TCP port that nobody listens on.
func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", ":0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}
