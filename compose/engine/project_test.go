package engine_test

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/compose-spec/compose-go/v2/loader"

	"github.com/devpm/devpm/compose/engine"
)

func TestDefaultNameIsComposes(t *testing.T) {
	for _, base := range []string{"shop", "My Shop", "--a_b-", "_x", "Ünïcode", "...", "UPPER.case", "12 monkeys", "日本"} {
		if got, want := engine.DefaultName("/srv/"+base), loader.NormalizeProjectName(base); got != want {
			t.Errorf("%q: %q, Compose says %q", base, got, want)
		}
	}
}

func FuzzDefaultName(f *testing.F) {
	f.Add("shop")
	f.Add("Ä-_b")
	f.Fuzz(func(t *testing.T, base string) {
		if filepath.Base("/srv/"+base) != base {
			t.Skip("not the name of a directory")
		}
		if got, want := engine.DefaultName("/srv/"+base), loader.NormalizeProjectName(base); got != want {
			t.Errorf("%q: %q, Compose says %q", base, got, want)
		}
	})
}

func TestChooseName(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "shop")
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(dir, link); err != nil {
		t.Fatal(err)
	}
	suffixed := regexp.MustCompile(`^shop-[0-9a-f]{8}$`)
	for _, tc := range []struct {
		name   string
		dirsOf []string
		plain  bool
	}{
		{"nobody has the name", nil, true},
		{"we have it", []string{dir}, true},
		{"we have it under another path", []string{link}, true},
		{"another directory has it", []string{"/somewhere/shop"}, false},
		{"both have it", []string{dir, "/somewhere/shop"}, false},
	} {
		got := engine.ChooseName(dir, tc.dirsOf)
		if plain := got == "shop"; plain != tc.plain || !plain && !suffixed.MatchString(got) {
			t.Errorf("%s: %q", tc.name, got)
		}
	}
	if a, b := engine.ChooseName("/a/shop", []string{"/x"}), engine.ChooseName("/b/shop", []string{"/x"}); a == b {
		t.Errorf("two directories get the same name %s", a)
	}
	if got := engine.ChooseName("/srv/日本", nil); !regexp.MustCompile(`^project-[0-9a-f]{8}$`).MatchString(got) {
		t.Errorf("a name of which nothing is left: %q", got)
	}
}
