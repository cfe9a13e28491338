// Program bench times devpm beside its peers in one run and prints ratios, so
// that the numbers mean the same on a fast and on a slow machine. With -check
// it exits 1 when a goal is missed.
//
// It drives real processes only: the devpm in bin/, docker compose, and the
// program in ./imports. Pairs are run in turn, so that a busy moment hits both.
package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"
)

// row is one line of the table. Ratio rows compare two medians; a row with a
// unit is that much, and has its goal in it.
type row struct {
	name        string
	ours, peers time.Duration
	value, goal float64
	unit        string
}

func (r row) ok() bool { return r.value <= r.goal }

type bench struct {
	devpm, imports string
	runs           int
	env            []string
	rows           []row
}

func main() {
	check := flag.Bool("check", false, "exit 1 when a goal is missed")
	runs := flag.Int("runs", 15, "runs of each command, of which the median counts; a third of them where repositories are cloned, five times as many where nothing but starting counts")
	only := flag.String("only", "", "measure one part: plan, version, repositories, extensions, roundtrip or up")
	markdown := flag.Bool("markdown", false, "print the table as Markdown")
	flag.Parse()
	if err := run(*runs, *check, *markdown, *only); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(runs int, check, markdown bool, only string) error {
	devpm, err := filepath.Abs("bin/devpm")
	if err != nil {
		return err
	}
	scratch, err := os.MkdirTemp("", "devpm-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(scratch)
	b := &bench{devpm: devpm, imports: filepath.Join(scratch, "imports"), runs: runs}
	home := filepath.Join(scratch, "home")
	b.env = append(os.Environ(), "HOME="+home, "XDG_STATE_HOME="+home, "XDG_DATA_HOME="+home, "DOCKER_CONFIG="+dockerConfig())
	if out, err := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", b.imports, "./testdata/bench/imports").CombinedOutput(); err != nil {
		return fmt.Errorf("building the imports program: %w\n%s", err, out)
	}
	for _, part := range []struct {
		name    string
		measure func(string) error
	}{{"plan", b.plan}, {"version", b.version}, {"repositories", b.repositories}, {"extensions", b.extensions}, {"roundtrip", b.roundTrip}, {"up", b.up}} {
		if only != "" && part.name != only {
			continue
		}
		if err := part.measure(scratch); err != nil {
			return err
		}
	}
	b.print(markdown)
	for _, r := range b.rows {
		if check && !r.ok() {
			return fmt.Errorf("goal missed: %s is %.2f%s, the goal is %.2f%s", r.name, r.value, r.unit, r.goal, r.unit)
		}
	}
	return nil
}

// dockerConfig keeps the user's context and CLI plugins when HOME moves.
func dockerConfig() string {
	if d := os.Getenv("DOCKER_CONFIG"); d != "" {
		return d
	}
	home, _ := os.UserHomeDir()
	return filepath.Join(home, ".docker")
}

// plan compares planning with `docker compose config -q` on the document that
// devpm itself generated.
func (b *bench) plan(scratch string) error {
	goals := map[int]float64{10: 0.6, 100: 0.4, 1000: 0.3}
	for _, n := range []int{10, 100, 1000} {
		dir := filepath.Join(scratch, fmt.Sprintf("plan-%d", n))
		if err := writeProject(dir, n); err != nil {
			return err
		}
		if err := b.once(dir, b.devpm, "-q", "up", "--trust", "--skip-start"); err != nil {
			return err
		}
		ours, peers, rss, err := b.pair(dir,
			[]string{b.devpm, "plan", "--no-docker"},
			[]string{"docker", "compose", "-f", "docker-compose.yml", "config", "-q"})
		if err != nil {
			return err
		}
		b.ratio(fmt.Sprintf("`devpm plan --no-docker` / `docker compose config -q`, %d services", n), ours, peers, goals[n])
		if n == 1000 {
			b.rows = append(b.rows, row{name: "peak memory of `devpm plan`, 1000 services", value: float64(rss) / (1 << 20), goal: 100, unit: " MiB"})
		}
	}
	return nil
}

func (b *bench) version(scratch string) error {
	// Starts are so short that chance is a fifth of them.
	defer func(runs int) { b.runs = runs }(b.runs)
	b.runs *= 5
	ours, peers, _, err := b.pair(scratch, []string{b.devpm, "version"}, []string{"docker", "compose", "version"})
	if err != nil {
		return err
	}
	b.ratio("`devpm version` / `docker compose version`", ours, peers, 0.4)
	ours, peers, _, err = b.pair(scratch, []string{b.devpm, "version"}, []string{b.imports})
	if err != nil {
		return err
	}
	b.ratio("`devpm version` / a program that only imports the required libraries", ours, peers, 1.3)
	return nil
}

// up compares doing nothing with doing nothing, on three running services.
func (b *bench) up(scratch string) error {
	dir := filepath.Join(scratch, "devpm-bench-up")
	if err := writeRunning(dir); err != nil {
		return err
	}
	if err := b.once(dir, b.devpm, "-q", "up", "--trust"); err != nil {
		return err
	}
	defer b.once(dir, b.devpm, "-q", "down", "--volumes")
	ours, peers, _, err := b.pair(dir, []string{b.devpm, "up"}, []string{"docker", "compose", "up", "-d"})
	if err != nil {
		return err
	}
	b.ratio("`devpm up` / `docker compose up -d`, nothing to do", ours, peers, 1.1)
	return nil
}

func (b *bench) ratio(name string, ours, peers time.Duration, goal float64) {
	b.rows = append(b.rows, row{name: name, ours: ours, peers: peers, value: float64(ours) / float64(peers), goal: goal})
}

// pair runs both commands in turn and returns the median times and the first
// one's greatest resident size in bytes.
func (b *bench) pair(dir string, ours, peers []string) (time.Duration, time.Duration, int64, error) {
	var a, p []time.Duration
	var rss int64
	for i := range b.runs + 1 {
		ta, r, err := b.timed(dir, ours)
		if err != nil {
			return 0, 0, 0, err
		}
		tp, _, err := b.timed(dir, peers)
		if err != nil {
			return 0, 0, 0, err
		}
		if i == 0 {
			continue // warms the page cache for both
		}
		a, p, rss = append(a, ta), append(p, tp), max(rss, r)
	}
	return median(a), median(p), rss, nil
}

func median(d []time.Duration) time.Duration {
	slices.Sort(d)
	return d[len(d)/2]
}

func (b *bench) timed(dir string, argv []string) (time.Duration, int64, error) {
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Dir, cmd.Env = dir, b.env
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	start := time.Now()
	err := cmd.Run()
	took := time.Since(start)
	if err != nil {
		return 0, 0, fmt.Errorf("%s: %w\n%s", strings.Join(argv, " "), err, stderr.String())
	}
	var rss int64
	if u, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		rss = u.Maxrss
		if runtime.GOOS == "linux" {
			rss *= 1024
		}
	}
	return took, rss, nil
}

func (b *bench) once(dir string, argv ...string) error {
	_, _, err := b.timed(dir, argv)
	return err
}

func (b *bench) print(markdown bool) {
	format, head := "%-78s %9s %9s %8s %6s  %s\n", []any{"what", "devpm", "peer", "measured", "goal", ""}
	if markdown {
		format = "| %s | %s | %s | %s | %s | %s |\n"
	}
	fmt.Printf(format, head...)
	if markdown {
		fmt.Println("| --- | ---: | ---: | ---: | ---: | --- |")
	}
	for _, r := range b.rows {
		ours, peers, verdict := "", "", "ok"
		if r.peers > 0 {
			ours, peers = ms(r.ours), ms(r.peers)
		}
		if !r.ok() {
			verdict = "MISSED"
		}
		fmt.Printf(format, r.name, ours, peers, fmt.Sprintf("%.2f%s", r.value, r.unit), fmt.Sprintf("%g%s", r.goal, r.unit), verdict)
	}
}

func ms(d time.Duration) string { return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000) }

// writeProject writes a manifest of n services as people write them: an image,
// environment, a port, a named volume, a health check and a dependency.
func writeProject(dir string, n int) error {
	services, volumes := map[string]any{}, map[string]any{}
	for i := range n {
		s := map[string]any{
			"image":       "busybox:latest",
			"command":     []string{"sh", "-c", "sleep infinity"},
			"restart":     "unless-stopped",
			"environment": map[string]string{"NAME": fmt.Sprintf("svc-%d", i), "LEVEL": "${LEVEL:-info}", "PRICE": "$$5"},
			"ports":       []string{fmt.Sprintf("%d:8080", 20000+i)},
			"volumes":     []string{fmt.Sprintf("data-%d:/data", i)},
			"healthcheck": map[string]any{"test": []string{"CMD", "true"}, "interval": "5s", "retries": 3},
		}
		if i > 0 {
			s["depends_on"] = []string{fmt.Sprintf("svc-%d", i-1)}
		}
		services[fmt.Sprintf("svc-%d", i)] = s
		volumes[fmt.Sprintf("data-%d", i)] = map[string]any{}
	}
	return writeManifest(dir, map[string]any{"services": services, "volumes": volumes})
}

func writeRunning(dir string) error {
	services := map[string]any{}
	for _, name := range []string{"one", "two", "three"} {
		services[name] = map[string]any{"image": "busybox:latest", "command": []string{"sleep", "infinity"}, "stop_grace_period": "0s", "init": true}
	}
	return writeManifest(dir, map[string]any{"services": services})
}

func writeManifest(dir string, keys map[string]any) error {
	keys["manifest_schema"], keys["requires_odpm"], keys["stack"] = 2, "4.5.0", "none"
	data, err := json.MarshalIndent(keys, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "odpm.json"), data, 0o644)
}
