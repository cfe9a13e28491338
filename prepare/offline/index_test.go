package offline

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v5"

	"github.com/devpm/devpm/diag"
)

// filled is a directory with a mirror, an archive and a lock.
func filled(t *testing.T) (string, *Index) {
	t.Helper()
	dir := t.TempDir()
	x := New("shop")
	for name, content := range map[string]string{
		"repositories/web-0011.git/HEAD": "ref: refs/heads/main\n", "repositories/web-0011.git/config": "[core]\n", "images/db-0011.tar": "tar", LockName: "{}",
		"extensions/mail-0011.zip": "zip", "extensions/mail-0011.zip.minisig": "signature",
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256([]byte(content))
		x.Files[name] = hex.EncodeToString(sum[:])
	}
	id := strings.Repeat("ab", 20)
	x.Repositories = []Repository{{Name: "acme/web", URL: "https://git.example.com/acme/web", Commit: id, Path: "repositories/web-0011.git", Refs: map[string]string{"refs/heads/main": id}, Head: "main"}}
	x.Images = []Image{{Name: "db:1", ID: "sha256:" + strings.Repeat("ab", 32), Archive: "images/db-0011.tar"}}
	x.Extensions["mail"] = Extension{
		Version: "1.0.0", SHA256: x.Files["extensions/mail-0011.zip"], Archive: "extensions/mail-0011.zip", Signature: "extensions/mail-0011.zip.minisig",
	}
	if err := os.WriteFile(filepath.Join(dir, IndexName), x.Encode(), 0o644); err != nil {
		t.Fatal(err)
	}
	return dir, x
}

func anything(string, func() ([]byte, error)) bool { return true }

func TestIndexIsAsPublished(t *testing.T) {
	dir, x := filled(t)
	read, err := Read(dir, "vendor.json")
	if err != nil {
		t.Fatal(err)
	}
	if string(read.Encode()) != string(x.Encode()) {
		t.Errorf("read and written again:\n%s", read.Encode())
	}
	published, err := os.ReadFile("../../schema/vendor.v1.json")
	if err != nil {
		t.Fatal(err)
	}
	schema, err := jsonschema.CompileString("vendor.v1.json", string(published))
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range []*Index{x, New("shop")} {
		var value any
		if err := json.Unmarshal(x.Encode(), &value); err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(value); err != nil {
			t.Errorf("%v\n%s", err, x.Encode())
		}
	}
}

func TestReadRefuses(t *testing.T) {
	if _, err := Read(t.TempDir(), "vendor.json"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("an empty directory: %v", err)
	}
	for content, want := range map[string]string{
		``:                                 "is not valid",
		`{`:                                "it ends too early",
		`{"vendor_version": 2, "new": []}`: "has version 2",
		`{"vendor_version": 0}`:            "has version 0",
		`{"vendor_version": 1, "images": [{"name": "x", "archive": "../../etc/passwd"}]}`:   `"../../etc/passwd"`,
		`{"vendor_version": 1, "extensions": {"x": {"archive": "extensions/../../x.zip"}}}`: `"extensions/../../x.zip"`,
		`{"vendor_version": 1, "extensions": {"x": {"archive": "a", "signature": "../a"}}}`: `"../a"`,
		`{"vendor_version": 1, "files": {"/etc/passwd": ""}}`:                               `"/etc/passwd"`,
		`{"vendor_version": 1, "repositories": [{"path": "repositories/../.."}]}`:           `"repositories/../.."`,
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, IndexName), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		_, err := Read(dir, "v/vendor.json")
		var failure *diag.Failure
		if !errors.As(err, &failure) || failure.List[0].Code != diag.VendorIndex || !strings.Contains(failure.List[0].Message, want) {
			t.Errorf("%s: %v", content, err)
		}
	}
}

func TestCheckFindsEachChange(t *testing.T) {
	for name, change := range map[string]struct {
		do   func(dir string) error
		want string
	}{
		"nothing": {func(string) error { return nil }, ""},
		"a byte": {func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "images/db-0011.tar"), []byte("tax"), 0o644)
		}, "images/db-0011.tar is damaged"},
		"a signature": {func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "extensions/mail-0011.zip.minisig"), nil, 0o644)
		}, "extensions/mail-0011.zip.minisig is damaged"},
		"a file gone": {func(dir string) error { return os.Remove(filepath.Join(dir, LockName)) }, "lock.json is missing"},
		"a file more": {func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "repositories/web-0011.git/shallow"), nil, 0o644)
		}, "shallow is not a part"},
		"a link away":   {func(dir string) error { return replaceByLink(filepath.Join(dir, "images/db-0011.tar")) }, "images/db-0011.tar cannot be read"},
		"a device file": {func(dir string) error { return replaceByDirectory(filepath.Join(dir, LockName)) }, "lock.json cannot be read"},
	} {
		t.Run(name, func(t *testing.T) {
			dir, x := filled(t)
			if err := change.do(dir); err != nil {
				t.Fatal(err)
			}
			found := x.Check(dir, "vendor.json", "", anything)
			switch {
			case change.want == "" && len(found) > 0:
				t.Errorf("found %v", found)
			case change.want != "" && (len(found) != 1 || !strings.Contains(found[0].Message, change.want)):
				t.Errorf("found %v, want %q", found, change.want)
			}
		})
	}
	dir, x := filled(t)
	other := x.Extensions["mail"]
	other.SHA256 = strings.Repeat("0", 64)
	if found := (&Index{Files: x.Files, Extensions: map[string]Extension{"mail": other}}).Check(dir, "vendor.json", "extensions/mail-0011.zip", anything); len(found) != 1 || !strings.Contains(found[0].Message, "two hashes") {
		t.Errorf("an index that contradicts itself: %v", found)
	}
	if found := x.Check(dir, "vendor.json", "", func(name string, _ func() ([]byte, error)) bool { return name != "config" }); len(found) != 1 {
		t.Errorf("a file of another shape: %v", found)
	}
}

func replaceByLink(path string) error {
	return errors.Join(os.Remove(path), os.Symlink("/etc/hostname", path))
}

func replaceByDirectory(path string) error {
	return errors.Join(os.Remove(path), os.Mkdir(path, 0o755))
}

func TestTidyKeepsWhatIsNamed(t *testing.T) {
	dir, x := filled(t)
	for _, old := range []string{"repositories/old-0022.git/HEAD", "images/.new-abc", "images/old.tar", "extensions/old.zip", "notes.txt"} {
		path := filepath.Join(dir, old)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := x.Tidy(dir); err != nil {
		t.Fatal(err)
	}
	if found := x.Check(dir, "vendor.json", "", anything); len(found) > 0 {
		t.Errorf("%v", found)
	}
	for path, want := range map[string]bool{"repositories/old-0022.git": false, "images/.new-abc": false, "images/old.tar": false, "extensions/old.zip": false, "notes.txt": true} {
		if _, err := os.Stat(filepath.Join(dir, path)); (err == nil) != want {
			t.Errorf("%s: kept %v, want %v", path, err == nil, want)
		}
	}
}

// An archive that the index has no hash of is not as it was, whatever it is called.
func TestAnArchiveWithoutAHash(t *testing.T) {
	dir, x := filled(t)
	x.Images[0].Archive = "db.tar"
	if list := x.Check(dir, "vendor.json", "db.tar", anything); len(list) != 1 || list[0].Code != diag.VendorDamaged {
		t.Errorf("%v", list)
	}
}
