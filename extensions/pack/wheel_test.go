package pack_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/extensions/pack"
)

func wheels(t testing.TB, names ...string) []pack.Wheel {
	t.Helper()
	var out []pack.Wheel
	for _, name := range names {
		w, err := pack.ParseWheel(name)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		out = append(out, w)
	}
	return out
}

func TestTheWheelThatFitsBest(t *testing.T) {
	linux := pack.Interpreter{Version: "3.11.2", OS: "linux", Arch: "amd64", Libc: "glibc 2.36"}
	with := func(change func(*pack.Interpreter)) pack.Interpreter {
		i := linux
		change(&i)
		return i
	}
	const x = "t-1.0.0-"
	for _, tt := range []struct {
		name   string
		i      pack.Interpreter
		wheels []string
		want   string
	}{
		{"UEX-20", linux, []string{x + "cp39-cp39-manylinux_2_17_x86_64.whl", x + "cp311-cp311-manylinux_2_17_x86_64.whl"}, x + "cp311-cp311-manylinux_2_17_x86_64.whl"},
		{"the order is no matter", linux, []string{x + "cp311-cp311-manylinux_2_17_x86_64.whl", x + "py3-none-any.whl"}, x + "cp311-cp311-manylinux_2_17_x86_64.whl"},
		{"a stable interface of an older Python", linux, []string{x + "py3-none-any.whl", x + "cp38-abi3-manylinux2014_x86_64.whl"}, x + "cp38-abi3-manylinux2014_x86_64.whl"},
		{"not of a newer one", linux, []string{x + "cp312-abi3-manylinux2014_x86_64.whl"}, ""},
		{"a newer libc", linux, []string{x + "cp311-cp311-manylinux_2_38_x86_64.whl"}, ""},
		{"the libc is not known", with(func(i *pack.Interpreter) { i.Libc = "" }), []string{x + "cp311-cp311-manylinux_2_38_x86_64.whl"}, x + "cp311-cp311-manylinux_2_38_x86_64.whl"},
		{"musl", with(func(i *pack.Interpreter) { i.Libc = "musl 1.2" }), []string{x + "cp311-cp311-manylinux_2_17_x86_64.whl", x + "cp311-cp311-musllinux_1_1_x86_64.whl"}, x + "cp311-cp311-musllinux_1_1_x86_64.whl"},
		{"another processor", with(func(i *pack.Interpreter) { i.Arch = "arm64" }), []string{x + "cp311-cp311-manylinux_2_17_x86_64.whl", x + "cp311-cp311-manylinux_2_17_aarch64.whl"}, x + "cp311-cp311-manylinux_2_17_aarch64.whl"},
		{"several tags", linux, []string{x + "py2.py3-none-any.whl"}, x + "py2.py3-none-any.whl"},
		{"two platforms in one", linux, []string{x + "cp311-cp311-manylinux_2_5_x86_64.manylinux1_x86_64.whl"}, x + "cp311-cp311-manylinux_2_5_x86_64.manylinux1_x86_64.whl"},
		{"the higher build", linux, []string{x + "1-py3-none-any.whl", x + "10-py3-none-any.whl", x + "9a-py3-none-any.whl"}, x + "10-py3-none-any.whl"},
		{"macOS", pack.Interpreter{Version: "3.12.1", OS: "darwin", Arch: "arm64"}, []string{x + "cp312-cp312-macosx_10_9_x86_64.whl", x + "cp312-cp312-macosx_11_0_arm64.whl"}, x + "cp312-cp312-macosx_11_0_arm64.whl"},
		{"universal", pack.Interpreter{Version: "3.12.1", OS: "darwin", Arch: "arm64"}, []string{x + "cp312-cp312-macosx_10_9_universal2.whl"}, x + "cp312-cp312-macosx_10_9_universal2.whl"},
		{"Windows", pack.Interpreter{Version: "3.12.1", OS: "windows", Arch: "amd64"}, []string{x + "cp312-cp312-win32.whl", x + "cp312-cp312-win_amd64.whl"}, x + "cp312-cp312-win_amd64.whl"},
		{"Python 2", pack.Interpreter{Version: "2.7.18", OS: "linux", Arch: "amd64"}, []string{x + "py3-none-any.whl", x + "cp27-cp27mu-manylinux1_x86_64.whl"}, x + "cp27-cp27mu-manylinux1_x86_64.whl"},
		{"3.7 has an m", pack.Interpreter{Version: "3.7.16", OS: "linux", Arch: "amd64"}, []string{x + "cp37-cp37m-manylinux1_x86_64.whl"}, x + "cp37-cp37m-manylinux1_x86_64.whl"},
		{"another implementation", with(func(i *pack.Interpreter) { i.Implementation = "pypy" }), []string{x + "cp311-cp311-manylinux_2_17_x86_64.whl"}, ""},
		{"without the global lock", with(func(i *pack.Interpreter) { i.Version, i.Flags = "3.13.0", "t" }), []string{x + "cp313-cp313-manylinux_2_17_x86_64.whl", x + "cp38-abi3-manylinux2014_x86_64.whl", x + "cp313-cp313t-manylinux_2_17_x86_64.whl"}, x + "cp313-cp313t-manylinux_2_17_x86_64.whl"},
		{"no stable interface without it", with(func(i *pack.Interpreter) { i.Version, i.Flags = "3.13.0", "t" }), []string{x + "cp38-abi3-manylinux2014_x86_64.whl"}, ""},
		{"not what was built without it", linux, []string{x + "cp311-cp311t-manylinux_2_17_x86_64.whl"}, ""},
		{"for debugging", with(func(i *pack.Interpreter) { i.Flags = "d" }), []string{x + "cp311-cp311-manylinux_2_17_x86_64.whl", x + "cp311-cp311d-manylinux_2_17_x86_64.whl"}, x + "cp311-cp311d-manylinux_2_17_x86_64.whl"},
		{"32 bits on a kernel of 64", with(func(i *pack.Interpreter) { i.Arch = "386" }), []string{x + "cp311-cp311-manylinux_2_17_x86_64.whl", x + "cp311-cp311-manylinux_2_17_i686.whl"}, x + "cp311-cp311-manylinux_2_17_i686.whl"},
		{"no version", pack.Interpreter{OS: "linux", Arch: "amd64"}, []string{x + "py3-none-any.whl"}, ""},
	} {
		if got, ok := pack.ChooseWheel(wheels(t, tt.wheels...), tt.i); got.File != tt.want || ok != (tt.want != "") {
			t.Errorf("%s: got %q %t, want %q", tt.name, got.File, ok, tt.want)
		}
	}
}

func TestNamesOfWheels(t *testing.T) {
	for _, name := range []string{"", "a.whl", "a-1.whl", "a-1-py3-none.whl", "a-1-b-py3-none-any.whl", "a-1-py3-none-any.zip", "a--py3-none-any.whl", "a-1-2-3-py3-none-any.whl", "a-1-py3-none-any..whl"} {
		if w, err := pack.ParseWheel(name); err == nil {
			t.Errorf("%q is taken: %+v", name, w)
		}
	}
	for _, tt := range []struct {
		file, name, version string
		want                bool
	}{
		{"inventory_sync-0.1.0-py3-none-any.whl", "inventory-sync", "0.1.0", true},
		{"Inventory.Sync-0.1.0-py3-none-any.whl", "inventory-sync", "0.1.0", true},
		{"a-1.0.0rc1-py3-none-any.whl", "a", "1.0.0-rc.1", true},
		{"a-1.0-py3-none-any.whl", "a", "1.0.0", true},
		{"a-1.1.0-py3-none-any.whl", "a", "1.0.0", false},
		{"b-1.0.0-py3-none-any.whl", "a", "1.0.0", false},
	} {
		if got := wheels(t, tt.file)[0].Of(tt.name, tt.version); got != tt.want {
			t.Errorf("%+v: got %t", tt, got)
		}
	}
}

// UEX-20: what is in the wheel can be imported, so it is extracted; the one for
// the interpreter is on the path.
func TestTheWheelIsOnThePath(t *testing.T) {
	s := &pack.Store{Dir: t.TempDir()}
	const old, fits = "tools-1.0.0-cp39-cp39-manylinux1_x86_64.whl", "tools-1.0.0-cp311-cp311-manylinux1_x86_64.whl"
	i := install(t, s, extracted(t, "1.0.0", file{name: "dep/" + old, content: string(plain(file{name: "dep.py", content: "39"}))}, file{name: "dep/" + fits, content: string(plain(file{name: "dep.py", content: "311"}))}))
	d, err := s.Deploy(t.Context(), i)
	if err != nil {
		t.Fatal(err)
	}
	python := pack.Interpreter{Path: "/usr/bin/python3", Version: "3.11.2", OS: "linux", Arch: "amd64"}
	paths, fault := d.PythonPath(python)
	if fault != nil || len(paths) != 3 || !strings.Contains(paths[2], "cp311") {
		t.Fatalf("got %q %v", paths, fault)
	}
	if got, err := os.ReadFile(filepath.Join(paths[2], "dep.py")); err != nil || string(got) != "311" {
		t.Errorf("got %q %v", got, err)
	}
	python.Version = "3.12.0"
	if _, fault := d.PythonPath(python); fault == nil || fault.Code != diag.StoreWheel || !strings.Contains(fault.Message, old+", ") && !strings.Contains(fault.Message, ", "+old) {
		t.Errorf("got %v", fault)
	}
}

// UEX-14
func TestTheInterpreterIsChosen(t *testing.T) {
	m, found := read(t, head+"  requires_python: \">=3.10\"\n")
	if found != nil {
		t.Fatal(found)
	}
	tried := []pack.Interpreter{{Path: "/a/python3.7", Version: "3.7.16"}, {Path: "/a/python3.11", Version: "3.11.2"}, {Path: "/a/python3.12", Version: "3.12.0"}}
	if got, fault := m.ChoosePython(tried); fault != nil || got.Version != "3.11.2" {
		t.Errorf("got %+v %v", got, fault)
	}
	if _, fault := m.ChoosePython(tried[:1]); fault == nil || fault.Message != "the extension tools needs a Python that is >=3.10: tried /a/python3.7 (3.7.16)" {
		t.Errorf("got %v", fault)
	}
}

func TestTheProgramForThePlatform(t *testing.T) {
	m, _ := read(t, head+"devpm: {runtime: exec, binaries: {linux/amd64: bin/l, windows/amd64: bin/w.exe}}\n")
	d := &pack.Deployed{Installed: &pack.Installed{Name: "tools", Version: "1.2.3", Metadata: m}, Root: "/c"}
	if got, fault := d.Program("linux/amd64"); fault != nil || got != filepath.FromSlash("/c/bin/l") {
		t.Errorf("got %q %v", got, fault)
	}
	if _, fault := d.Program("darwin/arm64"); fault == nil || fault.Message != "the extension tools has no program for darwin/arm64: it has some for linux/amd64, windows/amd64" {
		t.Errorf("got %v", fault)
	}
	m.Entry = "run.sh"
	if got, fault := d.Program("darwin/arm64"); fault != nil || got != filepath.FromSlash("/c/run.sh") {
		t.Errorf("got %q %v", got, fault)
	}
}
