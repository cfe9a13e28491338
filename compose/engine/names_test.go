package engine_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/devpm/devpm/compose/engine"
)

func TestHowANameCanBeHad(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "odpm.json"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		holder engine.Holder
		want   string
	}{
		{engine.Holder{Container: "c", Project: "shop", Dir: dir}, "take the other one down with `devpm -C " + dir + " down`"},
		{engine.Holder{Container: "c", Project: "shop", Dir: "/gone"}, "take the other one down with `docker compose -p shop down`"},
		{engine.Holder{Container: "c"}, "remove the other one with `docker rm -f c`"},
	} {
		if got := tt.holder.Removal(); got != tt.want {
			t.Errorf("%+v: %s", tt.holder, got)
		}
	}
	got := engine.Projects([]engine.Holder{{Project: "b"}, {Project: "a", Dir: "/a"}, {Project: "a", Dir: "/a", Container: "another"}})
	if want := "project a in /a and project b"; got != want {
		t.Errorf("%s", got)
	}
}
