package fsx

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// helperEnv turns this test binary into one of the processes below.
const helperEnv = "FSX_HELPER"

func TestMain(m *testing.M) {
	dir := os.Getenv("FSX_DIR")
	switch os.Getenv(helperEnv) {
	case "":
		os.Exit(m.Run())
	case "write": // writes two contents in turn until it is killed
		for i := 0; ; i++ {
			if err := WriteFileAtomic(filepath.Join(dir, "file"), content(i%2), 0o644); err != nil {
				panic(err)
			}
			if i == 0 {
				fmt.Println("ready")
			}
		}
	case "lock": // holds the lock until it is killed
		tree, err := OpenTree(dir)
		if err != nil {
			panic(err)
		}
		if _, err := tree.Lock(".odpm/run.lock", Holder{PID: os.Getpid(), Command: "devpm up", Since: time.Unix(0, 0)}); err != nil {
			panic(err)
		}
		fmt.Println("ready")
		time.Sleep(time.Hour)
	}
}

func content(i int) []byte { return bytes.Repeat([]byte{byte('a' + i)}, 200_000) }

// helper starts this binary as the named process and waits until it is ready.
func helper(t *testing.T, name, dir string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), helperEnv+"="+name, "FSX_DIR="+dir)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || line != "ready\n" {
		t.Fatalf("helper %s: %q, %v", name, line, err)
	}
	return cmd
}

func TestAKilledWriterNeverLeavesAHalfFile(t *testing.T) {
	dir := t.TempDir()
	for round := range 15 {
		cmd := helper(t, "write", dir)
		time.Sleep(time.Duration(round*700) * time.Microsecond) // a different point each time; none is special
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		got, err := os.ReadFile(filepath.Join(dir, "file"))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, content(0)) && !bytes.Equal(got, content(1)) {
			t.Fatalf("round %d: half a file of %d bytes", round, len(got))
		}
	}
	tree := openTree(t, dir)
	if err := os.WriteFile(filepath.Join(dir, tempPrefix+"ABC"+tempSuffix), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := tree.RemoveLeftovers(".", "not/there"); err != nil {
		t.Fatal(err)
	}
	entries, _ := os.ReadDir(dir)
	if len(entries) != 1 {
		t.Errorf("left over: %v", entries)
	}
}

func TestTheLockNamesItsHolderAndDiesWithIt(t *testing.T) {
	dir := t.TempDir()
	cmd := helper(t, "lock", dir)
	tree := openTree(t, dir)
	me := Holder{PID: os.Getpid(), Command: "devpm down", Since: time.Now()}
	_, err := tree.Lock(".odpm/run.lock", me)
	var held *HeldError
	if !errors.As(err, &held) {
		t.Fatalf("err = %v, want *HeldError", err)
	}
	if held.Holder.PID != cmd.Process.Pid || held.Holder.Command != "devpm up" || held.Holder.Since.Unix() != 0 {
		t.Errorf("holder = %+v", held.Holder)
	}
	if !strings.Contains(held.Error(), `"devpm up"`) {
		t.Errorf("message: %s", held)
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	lock, err := tree.Lock(".odpm/run.lock", me)
	if err != nil {
		t.Fatalf("after the holder died: %v", err)
	}
	if _, err := tree.Lock(".odpm/run.lock", me); !errors.As(err, &held) || held.Holder.Command != "devpm down" {
		t.Errorf("a second lock in one process: %v", err)
	}
	if err := lock.Release(); err != nil {
		t.Error(err)
	}
	if lock, err = tree.Lock(".odpm/run.lock", me); err != nil {
		t.Errorf("after release: %v", err)
	} else if err := lock.Release(); err != nil {
		t.Error(err)
	}
}

func TestWriteFile(t *testing.T) {
	dir, outside := t.TempDir(), t.TempDir()
	tree := openTree(t, dir)
	must(t, os.Mkdir(filepath.Join(dir, "directory"), 0o755))
	must(t, os.WriteFile(filepath.Join(dir, "plain"), []byte("old"), 0o600))
	must(t, os.Symlink(outside, filepath.Join(dir, "out")))
	must(t, os.WriteFile(filepath.Join(outside, "kept"), []byte("kept"), 0o644))
	must(t, os.Symlink(filepath.Join(outside, "kept"), filepath.Join(dir, "link")))

	tests := []struct {
		name, path string
		want       error
	}{
		{"a new file below new directories", "a/b/c", nil},
		{"an old file", "plain", nil},
		{"a link is replaced, not followed", "link", nil},
		{"a directory is in the way", "directory", ErrIsDirectory},
		{"a parent is a file", "plain/x", ErrUnderFile},
		{"a parent leads out", "out/x", ErrLeadsOut},
		{"dots lead out", "../x", ErrLeadsOut},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := tree.WriteFile(tt.path, []byte("new"), 0o640)
			if !errors.Is(err, tt.want) {
				t.Fatalf("err = %v, want %v", err, tt.want)
			}
			if tt.want != nil {
				return
			}
			got, err := os.ReadFile(filepath.Join(dir, tt.path))
			if err != nil || string(got) != "new" {
				t.Errorf("content %q, %v", got, err)
			}
			if info, _ := os.Lstat(filepath.Join(dir, tt.path)); runtime.GOOS != "windows" && info.Mode() != 0o640 {
				t.Errorf("mode %v", info.Mode())
			}
		})
	}
	if got, _ := os.ReadFile(filepath.Join(outside, "kept")); string(got) != "kept" {
		t.Errorf("the file outside is now %q", got)
	}
	if entries, _ := os.ReadDir(outside); len(entries) != 1 {
		t.Errorf("outside: %v", entries)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, tempPrefix+"*")); len(left) != 0 {
		t.Errorf("temporary files: %v", left)
	}
}

func TestMakeLink(t *testing.T) {
	dir := t.TempDir()
	tree := openTree(t, dir)
	for _, target := range []string{"/one", "/two", "/two"} {
		if err := tree.MakeLink("dependencies/x", target); err != nil {
			t.Fatal(err)
		}
		if got, _ := os.Readlink(filepath.Join(dir, "dependencies/x")); got != target {
			t.Errorf("link to %q, want %q", got, target)
		}
	}
	must(t, os.WriteFile(filepath.Join(dir, "file"), nil, 0o644))
	if err := tree.MakeLink("file", "/one"); !errors.Is(err, ErrOccupied) {
		t.Errorf("err = %v, want ErrOccupied", err)
	}
}

func TestViewSaysWhatIsWrongWithAPath(t *testing.T) {
	dir, outside := t.TempDir(), t.TempDir()
	must(t, os.MkdirAll(filepath.Join(dir, "a", "b"), 0o755))
	must(t, os.WriteFile(filepath.Join(dir, "a", "b", "file"), []byte("text"), 0o600))
	must(t, os.WriteFile(filepath.Join(outside, "secret"), nil, 0o600))
	must(t, os.Symlink(outside, filepath.Join(dir, "out")))
	must(t, os.Symlink(filepath.Join(outside, "secret"), filepath.Join(dir, "file-out")))
	must(t, os.Symlink("a/b/file", filepath.Join(dir, "inside")))
	v, err := OpenView(dir)
	must(t, err)
	defer v.Close()
	tests := []struct {
		path string
		want error
	}{
		{"a/b/file", nil}, {"inside", nil}, {"a/b", ErrIsDirectory}, {"a/b/none", fs.ErrNotExist}, {"none/none", fs.ErrNotExist},
		{"a/b/file/x", ErrUnderFile}, {"out/secret", ErrLeadsOut}, {"file-out", ErrLeadsOut}, {"../x", ErrLeadsOut},
	}
	for _, tt := range tests {
		got, mode, err := v.ReadFile(tt.path)
		if !errors.Is(err, tt.want) {
			t.Errorf("%s: err = %v, want %v", tt.path, err, tt.want)
		}
		if tt.want == nil && (string(got) != "text" || runtime.GOOS != "windows" && mode != 0o600) {
			t.Errorf("%s: %q, %v", tt.path, got, mode)
		}
	}
	if names, err := v.Names("a/b"); err != nil || len(names) != 1 || names[0] != "file" {
		t.Errorf("names %v, %v", names, err)
	}
	if names, err := v.Names("none"); err != nil || names != nil {
		t.Errorf("names of nothing: %v, %v", names, err)
	}
	if !v.Exists("a") || !v.Exists(outside) || !v.Exists("out") || v.Exists("none") {
		t.Error("Exists is wrong")
	}
	if exists, isLink, target := v.Link("out"); !exists || !isLink || target != outside {
		t.Errorf("link: %v %v %q", exists, isLink, target)
	}
	if exists, isLink, _ := v.Link("a"); !exists || isLink {
		t.Errorf("directory as link: %v %v", exists, isLink)
	}
}

func BenchmarkReadThousandFragments(b *testing.B) {
	dir := b.TempDir()
	must(b, os.MkdirAll(filepath.Join(dir, ".odpm/compose/fragments"), 0o755))
	names := make([]string, 1000)
	for i := range names {
		names[i] = fmt.Sprintf(".odpm/compose/fragments/s%04d.yml", i)
		must(b, os.WriteFile(filepath.Join(dir, names[i]), []byte("services:\n  x:\n    image: y\n"), 0o644))
	}
	for b.Loop() {
		v, err := OpenView(dir)
		must(b, err)
		for _, name := range names {
			if _, _, err := v.ReadFile(name); err != nil {
				b.Fatal(err)
			}
		}
		v.Close()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(names)), "ns/file")
}

func openTree(t *testing.T, dir string) *Tree {
	t.Helper()
	tree, err := OpenTree(dir)
	must(t, err)
	t.Cleanup(func() { tree.Close() })
	return tree
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
