package conformance

import (
	"archive/zip"
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/extensions/pack"
)

// The cases of extension packages (Stonebranch's Universal Extensions).

// runs wants a command to end well.
func (p project) runs(t *testing.T, args ...string) {
	t.Helper()
	if status, out, err := p.devpm(t, args...); status != 0 {
		t.Fatalf("%q: %d\n%s%s", args, status, out, err)
	}
}

const level14 = "extension:\n  name: tools\n  version: \"1.0.0\"\n  api_level: \"1.4.0\"\n"

// packed is an archive of files, in pairs of name and content.
func packed(t *testing.T, files ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(files); i += 2 {
		w, err := z.Create(files[i])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(files[i+1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// readPackage reads an archive.
func readPackage(t *testing.T, content []byte) (*pack.Archive, diag.List) {
	t.Helper()
	var c diag.Collector
	return pack.ReadArchive("tools.zip", content, &c), c.List()
}

// archiveRefused wants an archive refused with all of these words.
func archiveRefused(t *testing.T, content []byte, words ...string) {
	t.Helper()
	a, found := readPackage(t, content)
	if a != nil {
		t.Fatal("the archive was accepted")
	}
	var text strings.Builder
	for _, d := range found {
		text.WriteString(d.String() + "\n")
	}
	for _, word := range words {
		if !strings.Contains(text.String(), word) {
			t.Errorf("%q is missing in\n%s", word, text.String())
		}
	}
}

// allows wants versions of Python allowed, and others not.
func allows(t *testing.T, text string, yes, no []string) {
	t.Helper()
	s, err := pack.ParseSpecifier(text)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range yes {
		if !s.Allows(v) {
			t.Errorf("%q refuses %s", text, v)
		}
	}
	for _, v := range no {
		if s.Allows(v) {
			t.Errorf("%q allows %s", text, v)
		}
	}
}

// deployed installs an archive into a new store.
func deployed(t *testing.T, content []byte) (*pack.Store, *pack.Deployed) {
	t.Helper()
	a, found := readPackage(t, content)
	if a == nil {
		t.Fatal(found)
	}
	s := &pack.Store{Dir: t.TempDir()}
	i, _, err := s.Install(t.Context(), a, pack.Note{})
	if err != nil {
		t.Fatal(err)
	}
	d, err := s.Deploy(t.Context(), i)
	if err != nil {
		t.Fatal(err)
	}
	return s, d
}

var packageCases = []testCase{
	passes("UEX-01", "the archive of the vendor's page is accepted, its fields are read back exactly", func(t *testing.T) {
		text, err := os.ReadFile("../../../../extensions/pack/testdata/seed/extension.yml")
		if err != nil {
			t.Fatal(err)
		}
		a, found := readPackage(t, packed(t, "extension.yml", string(text), "extension.py", "", "test/test1.py", ""))
		if a == nil {
			t.Fatal(found)
		}
		m := a.Metadata
		if m.Name != "extension1" || m.Version != "0.1.0" || m.APILevel != "1.4.0" || m.RequiresPython.String() != ">=3.6" || !m.ZipSafe || m.Owner.Organization != "Stonebranch, Inc." || strings.Count(m.Comments, "\n") != 2 {
			t.Errorf("got %+v", m)
		}
	}),
	passes("UEX-02", "an archive without one of the two root files is refused, naming the file", func(t *testing.T) {
		archiveRefused(t, packed(t, "extension.py", ""), "extension.yml is missing")
		archiveRefused(t, packed(t, "extension.yml", level14), "extension.py is missing")
		archiveRefused(t, packed(t, "src/extension.yml", level14, "src/extension.py", ""), "extension.yml is missing", "extension.py is missing", "src/")
	}),
	passes("UEX-04", "name and api_level are enough; the version is missed with a warning, and refused by build", func(t *testing.T) {
		a, found := readPackage(t, packed(t, "extension.yml", "extension: {name: tools, api_level: \"1.0.0\"}\n", "extension.py", ""))
		if a == nil || found.Count(diag.Warning) != 1 || found[0].Code != diag.PackageVersion {
			t.Fatal(found)
		}
		if m := a.Metadata; m.RequiresPython.String() != ">=2.6" || !m.ZipSafe || m.ExtraPaths != nil {
			t.Errorf("got %+v", m)
		}
		var c diag.Collector
		if a.Metadata.CheckBuild(&c); !c.HasErrors() {
			t.Error("build accepts it")
		}
	}),
	passes("UEX-05", "numbers where strings belong are refused: quote them", func(t *testing.T) {
		archiveRefused(t, packed(t, "extension.yml", "extension: {name: tools, api_level: 1.4, version: 0.1}\n", "extension.py", ""), `quote it: api_level: "1.4"`, `quote it: version: "0.1"`)
	}),
	passes("UEX-07", "==2.7* is any 2.7", func(t *testing.T) { allows(t, "==2.7*", []string{"2.7.18"}, []string{"3.7.16"}) }),
	passes("UEX-08", "!=3.9.1* excludes 3.9.1, and by parts neither 3.9.18 nor 3.10", func(t *testing.T) {
		allows(t, "!=3.9.1*", []string{"3.9.18", "3.10.13"}, []string{"3.9.1"})
	}),
	passes("UEX-10", "two comparisons must both hold", func(t *testing.T) { allows(t, ">=3.6,<3.10", []string{"3.6.15", "3.9.18"}, []string{"3.10.13"}) }),
	passes("UEX-11", "versions are compared number by number", func(t *testing.T) { allows(t, ">3.9", []string{"3.9.18", "3.10.13"}, []string{"3.9.0"}) }),
	passes("UEX-13", "malformed specifiers are refused with the place of the fault", func(t *testing.T) {
		for text, at := range map[string]int{"~=3.6": 0, "3.6": 0, ">=3*": 3, ">=": 2, "": 0, ">=3.6;x": 5} {
			if _, err := pack.ParseSpecifier(text); err == nil || err.Offset != at {
				t.Errorf("%q: got %v, want a fault at %d", text, err, at)
			}
		}
	}),
	passes("UEX-14", "the first interpreter that fits is used; without one, those that were tried are listed", func(t *testing.T) {
		var c diag.Collector
		m := pack.ReadMetadata("extension.yml", []byte(level14+"  requires_python: \">=3.10\"\n"), &c)
		tried := []pack.Interpreter{{Path: "/a", Version: "3.7.16"}, {Path: "/b", Version: "3.11.2"}}
		if got, fault := m.ChoosePython(tried); fault != nil || got.Path != "/b" {
			t.Errorf("got %+v %v", got, fault)
		}
		if _, fault := m.ChoosePython(tried[:1]); fault == nil || !strings.Contains(fault.Message, "/a (3.7.16)") {
			t.Errorf("got %v", fault)
		}
	}),
	passes("UEX-16", "with zip_safe: false the paths are below the extracted directory, data files beside the modules", func(t *testing.T) {
		_, d := deployed(t, packed(t, "extension.yml", level14+"  zip_safe: false\n  python_extra_paths: ${extension_zip}/lib\n", "extension.py", "", "lib/data.txt", "data"))
		paths, fault := d.PythonPath(pack.Interpreter{})
		if fault != nil || d.Zip || len(paths) != 2 || paths[1] != filepath.Join(d.Root, "lib") {
			t.Fatalf("got %q %v", paths, fault)
		}
		if got, err := os.ReadFile(filepath.Join(paths[1], "data.txt")); err != nil || string(got) != "data" {
			t.Errorf("got %q %v", got, err)
		}
	}),
	passes("UEX-17", "zip_safe: false at level 1.3.0 runs from the archive with a warning; build refuses", func(t *testing.T) {
		text := strings.Replace(level14, "1.4.0", "1.3.0", 1) + "  zip_safe: false\n"
		_, d := deployed(t, packed(t, "extension.yml", text, "extension.py", ""))
		if !d.Zip || d.Warnings.Count(diag.Warning) != 1 || d.Warnings[0].Code != diag.PackageZipSafe {
			t.Errorf("got %+v", d)
		}
		var c diag.Collector
		if d.Metadata.CheckBuild(&c); !strings.Contains(c.Err().Error(), "'zip_safe' is only valid for API level 1.4.0 and above") {
			t.Error(c.Err())
		}
	}),
	passes("UEX-19", "wheels in dep/ with zip_safe: true are refused", func(t *testing.T) {
		archiveRefused(t, packed(t, "extension.yml", level14, "extension.py", "", "dep/tools-1.0.0-py3-none-any.whl", ""), "wheels need a package that is extracted")
	}),
	passes("UEX-20", "of two wheels the one for the interpreter is on the path", func(t *testing.T) {
		wheel := string(packed(t, "dep.py", ""))
		_, d := deployed(t, packed(t, "extension.yml", level14+"  zip_safe: false\n", "extension.py", "",
			"dep/tools-1.0.0-cp39-cp39-manylinux1_x86_64.whl", wheel, "dep/tools-1.0.0-cp311-cp311-manylinux1_x86_64.whl", wheel))
		paths, fault := d.PythonPath(pack.Interpreter{Version: "3.11.2", OS: "linux", Arch: "amd64"})
		if fault != nil || len(paths) != 2 || !strings.Contains(paths[1], "cp311") {
			t.Errorf("got %q %v", paths, fault)
		}
	}),
	passes("UEX-22", "what is downloaded is what was uploaded, byte by byte", func(t *testing.T) {
		p := newProject(t, plain)
		content := packed(t, "extension.yml", level14, "extension.py", "")
		p.write(t, "tools.zip", string(content))
		p.runs(t, "ext", "install", "./tools.zip")
		p.runs(t, "ext", "download", "tools", "-o", "again.zip")
		if got, err := os.ReadFile(filepath.Join(p.dir, "again.zip")); err != nil || !bytes.Equal(got, content) {
			t.Errorf("the bytes are others: %v", err)
		}
	}),
	passes("UEX-23", "what was removed is not found; the project's own entry stays", func(t *testing.T) {
		p := newProject(t, plain)
		p.write(t, "tools.zip", string(packed(t, "extension.yml", level14, "extension.py", "")))
		p.runs(t, "ext", "install", "./tools.zip")
		p.runs(t, "ext", "remove", "tools")
		if status, _, stderr := p.devpm(t, "ext", "download", "tools"); status != 1 || !strings.Contains(stderr, "DPM7450") {
			t.Errorf("status %d\n%s", status, stderr)
		}
		if got, err := os.ReadFile(filepath.Join(p.dir, "odpm.json")); err != nil || !strings.Contains(string(got), `"tools"`) {
			t.Errorf("got %s %v", got, err)
		}
	}),
	passes("UEX-25", "a deployed file that was changed is replaced before the next run", func(t *testing.T) {
		s, d := deployed(t, packed(t, "extension.yml", level14+"  zip_safe: false\n", "extension.py", "right"))
		file := filepath.Join(d.Root, "extension.py")
		if err := os.WriteFile(file, []byte("wrong"), 0o600); err != nil {
			t.Fatal(err)
		}
		again, err := s.Deploy(t.Context(), d.Installed)
		if err != nil || !again.Remade {
			t.Fatalf("got %+v %v", again, err)
		}
		if got, err := os.ReadFile(file); err != nil || string(got) != "right" {
			t.Errorf("got %q %v", got, err)
		}
	}),
	passes("UEX-26", "the rc of a command is devpm's exit code, and its message is shown", func(t *testing.T) {
		needPython(t)
		p := newProject(t, plain)
		p.write(t, "tools.zip", string(packed(t, "extension.yml", level14, "extension.py", "from universal_extension import ExtensionResult, UniversalExtension\n"+
			"class Extension(UniversalExtension):\n    def extension_start(self, fields):\n        return ExtensionResult(rc=fields[\"rc\"], message=\"x\")\n")))
		p.runs(t, "ext", "install", "./tools.zip")
		for rc, want := range map[string]string{"3": "of the extension tools ended with 3: x", "0": "tools | x"} {
			status, _, stderr := p.devpm(t, "ext", "task", "launch", "tools", "--trust", "--field", "rc="+rc)
			if strconv.Itoa(status) != rc || !strings.Contains(stderr, want) {
				t.Errorf("rc %s: status %d\n%s", rc, status, stderr)
			}
		}
	}),
	passes("UEX-28", "an extension that is not on the user's accept list does not run until the list changes", func(t *testing.T) {
		p := newProject(t, plain)
		p.write(t, "tools.zip", string(packed(t, "extension.yml", level14+"devpm:\n  runtime: declarative\n  contributes:\n    services:\n      extra: {image: \"busybox:1.36\"}\n")))
		p.runs(t, "ext", "install", "./tools.zip")
		for list, want := range map[string]string{`["others-*"]`: "is not on the list", `[]`: "is not on the list", `["others-*", "too*"]`: "ext.tools", `["tools"]`: "ext.tools"} {
			p.settle(t, `{"ext": {"accept": `+list+`}}`)
			status, stdout, stderr := p.devpm(t, "plan", "--no-docker", "--format", "json")
			refused := want == "is not on the list"
			if (status != 0) != refused || !strings.Contains(stdout+stderr, want) || refused && !strings.Contains(stdout+stderr, "DPM7203") {
				t.Errorf("%s: status %d\n%s%s", list, status, stdout, stderr)
			}
		}
		p.settle(t, `{"ext": {"accept": []}}`)
		if status, _, stderr := p.devpm(t, "ext", "task", "launch", "tools"); status == 0 || !strings.Contains(stderr, "DPM7203") {
			t.Errorf("launched: status %d\n%s", status, stderr)
		}
	}),
	passes("UEX-29", "an entry that leads out of the archive is refused, and nothing is written", func(t *testing.T) {
		archiveRefused(t, packed(t, "extension.yml", level14, "extension.py", "", "../evil", ""), "its name leads out of the package")
		archiveRefused(t, packed(t, "extension.yml", level14, "extension.py", "", "/evil", ""), "its name is absolute")
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		h := &zip.FileHeader{Name: "link"}
		h.SetMode(os.ModeSymlink | 0o777)
		w, err := z.CreateHeader(h)
		if err == nil {
			_, err = w.Write([]byte("/etc"))
		}
		if err == nil {
			err = z.Close()
		}
		if err != nil {
			t.Fatal(err)
		}
		archiveRefused(t, b.Bytes(), "it is a symbolic link")
	}),
}

// settle writes the settings of the project's user.
func (p project) settle(t *testing.T, text string) {
	t.Helper()
	dir := filepath.Join(p.home, ".config", "devpm")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "settings.json"), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
