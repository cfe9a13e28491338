package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// The remotes: as many as a large project has, each with some 8,000 objects and,
// as repositories of Odoo add-ons have, about fifty for each file. They are served by git's own daemon on loopback,
// so what is measured is git's work and devpm's, not a network.
const (
	repositoryCount = 20
	filesPerRemote  = 150
	commitsPer      = 1000
	filesPerCommit  = 3
	remoteBranch    = "17.0"
)

// repositories compares a project's repositories with `git clone`, one after
// the other, as a script would.
func (b *bench) repositories(scratch string) error {
	scratch = filepath.Join(scratch, "repositories")
	served := filepath.Join(scratch, "served")
	if err := makeRemotes(served); err != nil {
		return err
	}
	stop, address, err := serveRemotes(served)
	if err != nil {
		return err
	}
	defer stop()
	home := filepath.Join(scratch, "home")
	config := filepath.Join(scratch, "gitconfig")
	text := fmt.Sprintf("[url \"git://%s/\"]\n\tinsteadOf = https://bench.example.com/acme/\n", address)
	if err := os.WriteFile(config, []byte(text), 0o644); err != nil {
		return err
	}
	saved := b.env
	defer func() { b.env = saved }()
	b.env = append(slices.Clone(b.env), "HOME="+home, "XDG_CACHE_HOME="+filepath.Join(home, "cache"), "GIT_CONFIG_GLOBAL="+config, "GIT_CONFIG_NOSYSTEM=1")

	var cold, second, clones []time.Duration
	for i := range max(3, b.runs/3) + 1 {
		for _, dir := range []string{"home", "one", "two", "clones"} {
			if err := os.RemoveAll(filepath.Join(scratch, dir)); err != nil {
				return err
			}
		}
		if err := b.twoProjects(scratch); err != nil {
			return err
		}
		ours, _, err := b.timed(filepath.Join(scratch, "one"), []string{b.devpm, "-q", "up", "--trust", "--skip-start"})
		if err != nil {
			return err
		}
		peers, err := b.cloneAll(filepath.Join(scratch, "clones"))
		if err != nil {
			return err
		}
		again, _, err := b.timed(filepath.Join(scratch, "two"), []string{b.devpm, "-q", "up", "--trust", "--skip-start"})
		if err != nil {
			return err
		}
		if i > 0 {
			cold, second, clones = append(cold, ours), append(second, again), append(clones, peers)
		}
	}
	b.ratio(fmt.Sprintf("`devpm up --skip-start`, %d repositories / as many `git clone`", repositoryCount), median(cold), median(clones), 0.6)
	b.ratio("the same in a second work tree / as many `git clone`", median(second), median(clones), 0.2)
	return b.unchanged(scratch)
}

// unchanged measures what repositories that are right add to a plan.
func (b *bench) unchanged(scratch string) error {
	without := filepath.Join(scratch, "without")
	if err := writeOdoo(without, "../src-one", 0); err != nil {
		return err
	}
	if err := b.once(without, b.devpm, "-q", "up", "--trust", "--skip-start"); err != nil {
		return err
	}
	// A difference of few milliseconds drowns in what else the machine does, so
	// the fastest run of each counts.
	with, base := time.Hour, time.Hour
	for range b.runs + 1 {
		for name, best := range map[string]*time.Duration{"one": &with, "without": &base} {
			took, _, err := b.timed(scratch, []string{b.devpm, "-C", name, "plan", "--no-docker"})
			if err != nil {
				return err
			}
			*best = min(*best, took)
		}
	}
	b.rows = append(b.rows, row{
		name: fmt.Sprintf("what %d unchanged repositories add to `devpm plan`", repositoryCount-1),
		ours: with, peers: base, value: float64((with - base).Microseconds()) / 1000, goal: 10, unit: " ms",
	})
	return nil
}

// twoProjects writes two work trees of one project, each with its own directory
// for repositories.
func (b *bench) twoProjects(scratch string) error {
	for _, name := range []string{"one", "two"} {
		if err := os.RemoveAll(filepath.Join(scratch, "src-"+name)); err != nil {
			return err
		}
		if err := writeOdoo(filepath.Join(scratch, name), "../src-"+name, repositoryCount-1); err != nil {
			return err
		}
	}
	return nil
}

func (b *bench) cloneAll(dir string) (time.Duration, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return 0, err
	}
	var total time.Duration
	for i := range repositoryCount {
		took, _, err := b.timed(dir, []string{"git", "clone", "--quiet", "-b", remoteBranch, remoteURL(i)})
		if err != nil {
			return 0, err
		}
		total += took
	}
	return total, nil
}

func remoteURL(i int) string { return fmt.Sprintf("https://bench.example.com/acme/r%02d.git", i) }

func writeOdoo(dir, src string, dependencies int) error {
	var links []string
	for i := range dependencies {
		links = append(links, fmt.Sprintf("%q", remoteURL(i+1)))
	}
	text := fmt.Sprintf(`{"manifest_schema": 2, "requires_odpm": "4.5.0", "platform": {"git": "%s %s"}, "python": "3.11",
"distro": {"name": "debian", "version": "12"}, "postgres": "15", "dependencies": [%s]}`, remoteURL(0), remoteBranch, strings.Join(links, ", "))
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, ".env"), []byte("ODOO_PROJECTS_DIR="+src+"\n"), 0o644); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "odpm.json"), []byte(text), 0o644)
}

// makeRemotes makes one repository and copies it: each is another remote.
func makeRemotes(dir string) error {
	first := filepath.Join(dir, "r00.git")
	if err := os.MkdirAll(first, 0o755); err != nil {
		return err
	}
	for _, step := range []struct {
		args  []string
		stdin []byte
	}{
		{[]string{"init", "--quiet", "--bare", "-b", remoteBranch}, nil},
		{[]string{"fast-import", "--quiet"}, history()},
		{[]string{"repack", "-adq"}, nil},
	} {
		cmd := exec.Command("git", append([]string{"-C", first}, step.args...)...)
		cmd.Stdin = bytes.NewReader(step.stdin)
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("git %s: %w\n%s", step.args[0], err, out)
		}
	}
	for i := 1; i < repositoryCount; i++ {
		if err := os.CopyFS(filepath.Join(dir, fmt.Sprintf("r%02d.git", i)), os.DirFS(first)); err != nil {
			return err
		}
	}
	return nil
}

// history is a stream for git fast-import: a first commit with every file, then
// commits that change some.
func history() []byte {
	random := rand.New(rand.NewPCG(1, 2))
	words := strings.Fields("def class return self env model field string import from odoo api depends compute record search browse write create")
	content := func() string {
		var s strings.Builder
		for range 60 {
			fmt.Fprintf(&s, "%s %s_%d %s\n", words[random.IntN(len(words))], words[random.IntN(len(words))], random.IntN(1e6), words[random.IntN(len(words))])
		}
		return s.String()
	}
	var out bytes.Buffer
	change := func(file int) {
		text := content()
		fmt.Fprintf(&out, "M 100644 inline addon_%02d/models/file_%03d.py\ndata %d\n%s\n", file/10, file, len(text), text)
	}
	for i := range commitsPer {
		fmt.Fprintf(&out, "commit refs/heads/%s\ncommitter Ana <ana@example.org> %d +0000\ndata 6\nchange\n", remoteBranch, 1700000000+3600*i)
		if i == 0 {
			for file := range filesPerRemote {
				change(file)
			}
		}
		for range filesPerCommit {
			change(random.IntN(filesPerRemote))
		}
	}
	return out.Bytes()
}

// serveRemotes starts git's daemon on a free port of loopback.
func serveRemotes(dir string) (stop func(), address string, err error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, "", err
	}
	address = listener.Addr().String()
	_, port, _ := net.SplitHostPort(address)
	if err := listener.Close(); err != nil {
		return nil, "", err
	}
	// Called as a program of its own: `git daemon` would leave it behind.
	path, err := exec.Command("git", "--exec-path").Output()
	if err != nil {
		return nil, "", err
	}
	cmd := exec.Command(filepath.Join(strings.TrimSpace(string(path)), "git-daemon"),
		"--reuseaddr", "--listen=127.0.0.1", "--port="+port, "--export-all", "--base-path="+dir, dir)
	if err := cmd.Start(); err != nil {
		return nil, "", err
	}
	stop = func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
	for range 100 {
		if c, err := net.Dial("tcp", address); err == nil {
			return stop, address, c.Close()
		}
		time.Sleep(50 * time.Millisecond)
	}
	stop()
	return nil, "", fmt.Errorf("git-daemon does not answer on %s", address)
}
