package observe

import (
	"os"
	"path/filepath"
	"testing"
)

func TestBuildIdentity(t *testing.T) {
	files := map[string]string{
		"Dockerfile": "FROM scratch\nCOPY app /app\n", "app/main": "one", "app/run.sh": "#!/bin/sh\n",
		"notes.txt": "draft", "odpm.json": "{}", "build/keep": "k", "build/other": "o", ".dockerignore": "notes.txt\nbuild/*\n!build/keep\n",
	}
	write := func(t *testing.T, dir string, files map[string]string) {
		t.Helper()
		for name, content := range files {
			path := filepath.Join(dir, name)
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	identity := func(t *testing.T, dir, dockerfile, settings string) string {
		t.Helper()
		id, err := BuildIdentity(dir, dockerfile, []byte(settings))
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	tests := []struct {
		name    string
		change  func(t *testing.T, dir string)
		changes bool
	}{
		{"nothing", func(*testing.T, string) {}, false},
		{"a new time stamp", func(t *testing.T, dir string) { write(t, dir, map[string]string{"app/main": "one"}) }, false},
		{"an ignored file", func(t *testing.T, dir string) { write(t, dir, map[string]string{"notes.txt": "final"}) }, false},
		{"a file below an ignored directory", func(t *testing.T, dir string) { write(t, dir, map[string]string{"build/other": "p"}) }, false},
		{"an empty directory, as made for a mount", func(t *testing.T, dir string) {
			if err := os.Mkdir(filepath.Join(dir, "data"), 0o755); err != nil {
				t.Fatal(err)
			}
		}, false},
		{"a file that an exception lets in", func(t *testing.T, dir string) { write(t, dir, map[string]string{"build/keep": "l"}) }, true},
		{"a file's content", func(t *testing.T, dir string) { write(t, dir, map[string]string{"app/main": "two"}) }, true},
		{"a new file", func(t *testing.T, dir string) { write(t, dir, map[string]string{"app/more": ""}) }, true},
		{"an execute bit", func(t *testing.T, dir string) {
			if err := os.Chmod(filepath.Join(dir, "app/run.sh"), 0o755); err != nil {
				t.Fatal(err)
			}
		}, true},
		{"the Dockerfile", func(t *testing.T, dir string) { write(t, dir, map[string]string{"Dockerfile": "FROM busybox\n"}) }, true},
		{"what devpm writes into a project", func(t *testing.T, dir string) {
			write(t, dir, map[string]string{".odpm/state.json": "{}", "docker-compose.yml": "services: {}\n"})
		}, false},
		{"a link that leads out counts by its name", func(t *testing.T, dir string) {
			if err := os.Symlink("/etc/passwd", filepath.Join(dir, "app/link")); err != nil {
				t.Fatal(err)
			}
		}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			write(t, dir, files)
			before := identity(t, dir, "", "")
			tt.change(t, dir)
			if changed := identity(t, dir, "", "") != before; changed != tt.changes {
				t.Errorf("identity changed: %v, want %v", changed, tt.changes)
			}
		})
	}
	dir := t.TempDir()
	write(t, dir, files)
	if identity(t, dir, "", "args A=1") == identity(t, dir, "", "args A=2") {
		t.Error("arguments do not count")
	}
	// Reading a device would never end.
	if _, err := os.Stat("/dev/zero"); err == nil {
		if _, err := BuildIdentity(dir, "/dev/zero", nil); err == nil {
			t.Error("a device is a Dockerfile")
		}
	}
	if _, err := BuildIdentity(filepath.Join(dir, "absent"), "", nil); err == nil {
		t.Error("a context that is not there has an identity")
	}
}
