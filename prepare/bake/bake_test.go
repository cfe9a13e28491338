package bake

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/devpm/devpm/internal/fsx"
	"github.com/devpm/devpm/prepare"
)

func write(t *testing.T, dir, name, content string, mode fs.FileMode) {
	t.Helper()
	file := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(content), mode); err != nil {
		t.Fatal(err)
	}
}

func runGit(t *testing.T, dir string, args ...string) {
	t.Helper()
	cmd := exec.Command("git", append([]string{"-C", dir, "-c", "user.name=t", "-c", "user.email=t@example.com"}, args...)...)
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("git %v: %v\n%s", args, err, out)
	}
}

// image has a platform that git knows and add-ons that it does not.
func image(t *testing.T) *prepare.CIImage {
	t.Helper()
	dir := t.TempDir()
	platform, addons := filepath.Join(dir, "platform"), filepath.Join(dir, "addons")
	write(t, platform, "odoo-bin", "#!/bin/sh\n", 0o755)
	write(t, platform, "odoo/release.py", "version = 1\n", 0o600)
	write(t, platform, "gone.py", "", 0o644)
	write(t, platform, ".gitignore", "*.pyc\n/local.env\n", 0o644)
	write(t, platform, ".env", "PASSWORD=planted\n", 0o644)
	if err := os.Symlink("odoo-bin", filepath.Join(platform, "run")); err != nil {
		t.Fatal(err)
	}
	runGit(t, platform, "init", "--quiet")
	runGit(t, platform, "add", "--force", "--all")
	runGit(t, platform, "commit", "--quiet", "--message", "platform")
	write(t, platform, "odoo/release.pyc", "compiled", 0o644)
	write(t, platform, "local.env", "PASSWORD=planted\n", 0o644)
	write(t, platform, "new.py", "nobody has added this\n", 0o644)
	if err := os.Remove(filepath.Join(platform, "gone.py")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"shop/__init__.py", "odpm.json", "user_settings.json", "odoo.conf", "data/filestore", ".odpm/secrets.json", ".env", "shop/.env", "shop/data/demo.xml"} {
		write(t, addons, name, "planted "+name, 0o644)
	}
	i := &prepare.CIImage{
		Service: "odoo", Tag: "odoo-17-0-ci:latest",
		Files:   []prepare.File{{Path: "odoo.conf", Content: []byte("[options]\n"), Mode: 0o644}, {Path: "Dockerfile", Content: []byte("FROM x\n"), Mode: 0o644}},
		Sources: []prepare.SourceFolder{{Name: "platform", Dir: platform, To: "platform"}, {Name: "addons", Dir: addons, To: "addons/shop"}},
	}
	i.Identity = identity(t, i)
	return i
}

func identity(t *testing.T, i *prepare.CIImage) string {
	t.Helper()
	got, err := Identity(i)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// contents are the files below a directory: mode and content, or a link.
func contents(t *testing.T, dir string) []string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(dir, func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(dir, file)
		if err != nil {
			return err
		}
		if d.Type()&fs.ModeSymlink != 0 {
			target, err := os.Readlink(file)
			out = append(out, rel+" -> "+target)
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		data, err := os.ReadFile(file)
		out = append(out, rel+" "+info.Mode().String()+" "+strings.TrimSpace(string(data)))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(out)
	return out
}

func TestTheContextHoldsTheSourcesAndNothingElse(t *testing.T) {
	i, dir := image(t), t.TempDir()
	tree, err := fsx.OpenTree(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer tree.Close()
	if err := Write(tree, i); err != nil {
		t.Fatal(err)
	}
	// The image's user reads the sources, whatever this user's umask says.
	for _, name := range []string{"platform/odoo", "addons/shop/shop"} {
		if info, err := os.Stat(filepath.Join(dir, ".odpm/ci-build-context", name)); err != nil || info.Mode().Perm() != 0o755 {
			t.Errorf("%s: %v %v", name, info.Mode(), err)
		}
	}
	want := []string{
		"Dockerfile -rw-r--r-- FROM x",
		"addons/shop/odpm.json -rw-r--r-- planted odpm.json",
		"addons/shop/shop/__init__.py -rw-r--r-- planted shop/__init__.py",
		"addons/shop/shop/data/demo.xml -rw-r--r-- planted shop/data/demo.xml",
		"odoo.conf -rw-r--r-- [options]",
		"platform/.gitignore -rw-r--r-- *.pyc\n/local.env",
		"platform/odoo-bin -rwxr-xr-x #!/bin/sh",
		"platform/odoo/release.py -rw-r--r-- version = 1",
		"platform/run -> odoo-bin",
	}
	if d := cmp.Diff(want, contents(t, filepath.Join(dir, ".odpm/ci-build-context"))); d != "" {
		t.Error(d)
	}

	// Sources that changed since the identity was taken leave the context as it is.
	write(t, i.Sources[0].Dir, "odoo/release.py", "version = 2\n", 0o644)
	if err := Write(tree, i); !errors.Is(err, ErrMoved) {
		t.Errorf("sources that moved: %v", err)
	}
	if d := cmp.Diff(want, contents(t, filepath.Join(dir, ".odpm/ci-build-context"))); d != "" {
		t.Error(d)
	}
	i.Identity = identity(t, i)
	if err := Write(tree, i); err != nil {
		t.Fatal(err)
	}
	if got := contents(t, filepath.Join(dir, ".odpm")); !slices.Contains(got, "ci-build-context/platform/odoo/release.py -rw-r--r-- version = 2") || len(got) != len(want) {
		t.Errorf("not replaced, or something left: %v", got)
	}
}

func TestIdentity(t *testing.T) {
	change := func(name, content string, mode fs.FileMode) func(*testing.T, *prepare.CIImage) {
		return func(t *testing.T, i *prepare.CIImage) {
			file := filepath.Join(i.Sources[0].Dir, name)
			write(t, i.Sources[0].Dir, name, content, mode)
			if err := os.Chmod(file, mode); err != nil {
				t.Fatal(err)
			}
		}
	}
	for name, tt := range map[string]struct {
		do   func(*testing.T, *prepare.CIImage)
		same bool
	}{
		"nothing":                      {func(*testing.T, *prepare.CIImage) {}, true},
		"the mode beside the owner's":  {change("odoo/release.py", "version = 1\n", 0o664), true},
		"a file that git ignores":      {change("local.env", "other", 0o644), true},
		"a file that nobody added":     {change("another.py", "", 0o644), true},
		"content":                      {change("odoo/release.py", "version = 9\n", 0o644), false},
		"the execute bit":              {change("odoo/release.py", "version = 1\n", 0o755), false},
		"a file that came":             {func(t *testing.T, i *prepare.CIImage) { runGit(t, i.Sources[0].Dir, "add", "new.py") }, false},
		"a file of another directory":  {func(t *testing.T, i *prepare.CIImage) { write(t, i.Sources[1].Dir, "more.py", "", 0o644) }, false},
		"a generated file":             {func(_ *testing.T, i *prepare.CIImage) { i.Files[0].Content = []byte("[queue]\n") }, false},
		"where a source goes":          {func(_ *testing.T, i *prepare.CIImage) { i.Sources[1].To = "addons/other" }, false},
		"the order of sources":         {func(_ *testing.T, i *prepare.CIImage) { slices.Reverse(i.Sources) }, false},
		"the order of generated files": {func(_ *testing.T, i *prepare.CIImage) { slices.Reverse(i.Files) }, true},
		"the target of a link": {func(t *testing.T, i *prepare.CIImage) {
			link := filepath.Join(i.Sources[0].Dir, "run")
			if err := errors.Join(os.Remove(link), os.Symlink("odoo", link)); err != nil {
				t.Fatal(err)
			}
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			i := image(t)
			tt.do(t, i)
			if got := identity(t, i); (got == i.Identity) != tt.same {
				t.Errorf("the same: %t", got == i.Identity)
			}
		})
	}
}

func TestASourceThatCannotBeReadIsNamed(t *testing.T) {
	i := image(t)
	i.Sources[1].Dir += "-gone"
	_, err := Identity(i)
	if source, ok := errors.AsType[*SourceError](err); !ok || source.Source.Name != "addons" || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a source that is gone: %v", err)
	}

	// A link in the place of a directory that git tracks leads out.
	i = image(t)
	outside := t.TempDir()
	write(t, outside, "release.py", "secret", 0o644)
	odoo := filepath.Join(i.Sources[0].Dir, "odoo")
	if err := errors.Join(os.RemoveAll(odoo), os.Symlink(outside, odoo)); err != nil {
		t.Fatal(err)
	}
	_, err = Identity(i)
	if source, ok := errors.AsType[*SourceError](err); !ok || source.Name != "odoo/release.py" {
		t.Errorf("a link that leads out: %v", err)
	}
}
