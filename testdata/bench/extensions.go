package main

import (
	"fmt"
	"os"
	"path/filepath"
)

// declared is how many declarative extensions a project has.
const declared = 50

// extensions compares a project with fifty services of its own with one that has
// the same from fifty installed packages without code.
func (b *bench) extensions(scratch string) error {
	plain, extended := filepath.Join(scratch, "extensions-none"), filepath.Join(scratch, "extensions")
	services, require := map[string]any{}, map[string]any{}
	for i := range declared {
		name := fmt.Sprintf("tool-%d", i)
		services[name] = map[string]any{"image": "busybox:latest", "environment": map[string]string{"NAME": name}}
		require[name] = "1.0.0"
		dir := filepath.Join(scratch, "packages", name)
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
		metadata := fmt.Sprintf("extension:\n  name: %s\n  version: \"1.0.0\"\n  api_level: \"1.4.0\"\ndevpm:\n  runtime: declarative\n  contributes:\n    services:\n      %s: {image: \"busybox:latest\", environment: {NAME: %s}}\n", name, name, name)
		if err := os.WriteFile(filepath.Join(dir, "extension.yml"), []byte(metadata), 0o644); err != nil {
			return err
		}
		if err := b.once(dir, b.devpm, "-q", "ext", "build", "-o", "package.zip"); err != nil {
			return err
		}
		if err := b.once(dir, b.devpm, "-q", "ext", "install", "--no-save", "package.zip"); err != nil {
			return err
		}
	}
	if err := writeManifest(plain, map[string]any{"services": services}); err != nil {
		return err
	}
	if err := writeManifest(extended, map[string]any{"extensions": map[string]any{"require": require}}); err != nil {
		return err
	}
	for _, dir := range []string{plain, extended} {
		if err := b.once(dir, b.devpm, "-q", "up", "--trust", "--skip-start"); err != nil {
			return err
		}
	}
	ours, peers, _, err := b.pair(scratch,
		[]string{b.devpm, "-C", extended, "plan", "--no-docker"},
		[]string{b.devpm, "-C", plain, "plan", "--no-docker"})
	if err != nil {
		return err
	}
	b.rows = append(b.rows, row{
		name: fmt.Sprintf("what %d declarative extensions add to `devpm plan`", declared), ours: ours, peers: peers,
		value: float64((ours - peers).Microseconds()) / 1000, goal: 20, unit: " ms",
	})
	return nil
}
