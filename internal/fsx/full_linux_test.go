package fsx

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
)

// TestAFullOrReadOnlyDiskKeepsTheOldContent needs a mount namespace of its own,
// which it runs itself in again.
func TestAFullOrReadOnlyDiskKeepsTheOldContent(t *testing.T) {
	if os.Getenv("FSX_MOUNTED") != "" {
		inNamespace(t, os.Getenv("FSX_DIR"))
		return
	}
	cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), "FSX_MOUNTED=1", "FSX_DIR="+t.TempDir())
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS}
	if os.Getuid() != 0 {
		cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}
	}
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) || bytes.Contains(out, []byte("cannot mount")) {
		t.Skipf("%s needs mount namespaces, which this machine refuses: %v %s", t.Name(), err, out)
	}
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

func inNamespace(t *testing.T, dir string) {
	if err := errors.Join(
		syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""),
		syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=256k"),
	); err != nil {
		fmt.Println("cannot mount", err)
		return
	}
	tree := openTree(t, dir)
	must(t, tree.WriteFile("file", []byte("old"), 0o644))
	check := func(what string, err, want error) {
		t.Helper()
		if !errors.Is(err, want) {
			t.Errorf("%s: err = %v, want %v", what, err, want)
		}
		if got, err := os.ReadFile(filepath.Join(dir, "file")); string(got) != "old" {
			t.Errorf("%s: content %q, %v", what, got, err)
		}
		if left, _ := filepath.Glob(filepath.Join(dir, tempPrefix+"*")); len(left) != 0 {
			t.Errorf("%s: temporary files %v", what, left)
		}
	}
	check("full", tree.WriteFile("file", make([]byte, 1<<20), 0o644), ErrNoSpace)
	must(t, syscall.Mount("", dir, "", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""))
	check("read-only", tree.WriteFile("file", []byte("new"), 0o644), ErrReadOnly)
	check("read-only directory", tree.MakeDirectory("d", 0o755), ErrReadOnly)
	_, err := tree.Lock("run.lock", Holder{PID: 1})
	check("read-only lock", err, ErrReadOnly)
}
