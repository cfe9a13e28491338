package git

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/devpm/devpm/internal/execx"
)

// TestProgramsCannotHide: whatever git reads as a setting that names a program,
// this package sees too. Git itself says first that it reads the setting.
func TestProgramsCannotHide(t *testing.T) {
	w := newWorld(t)
	const plain = "[filter \"x\"]\n\tclean = touch ran\n"
	for name, text := range map[string]string{
		"plainly":                       plain,
		"behind a comment that goes on": "[core]\n\t# nothing \\\n[filter \"x\"] ; \\\n\tclean = touch ran\n",
		"behind a value's comment":      "[filter \"x\"]\n\trequired = true # \\\n\tclean = touch ran\n",
		"behind an escaped backslash":   "[filter \"x\"]\n\trequired = a\\\\\n\tclean = touch ran\n",
		"behind a second header":        "[core][filter \"x\"]clean = touch ran\n",
		"behind a mark of the encoding": "\ufeff" + plain,
		"over two lines":                "[filter \"x\"]\n\tclean = tou\\\nch ran\n",
		"with carriage returns":         strings.ReplaceAll(plain, "\n", "\r\n"),
		"in capitals, unquoted":         "[FILTER.x]\nCLEAN=touch ran",
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(w.dir, strings.ReplaceAll(name, " ", "-"))
			w.git(w.dir, "init", "-q", dir)
			config := filepath.Join(dir, ".git", "config")
			w.write(config, text+"\n"+w.read(config))
			if got := w.git(dir, "config", "--get", "filter.x.clean"); got != "touch ran" {
				t.Fatalf("git reads %q", got)
			}
			if got := Programs(dir); len(got) != 1 || got[0] != "filter.x.clean = touch ran" {
				t.Errorf("found %q", got)
			}
		})
	}
	t.Run("in the working tree's own configuration", func(t *testing.T) {
		dir := filepath.Join(w.dir, "own")
		w.git(w.dir, "init", "-q", dir)
		w.git(dir, "config", "extensions.worktreeConfig", "yes")
		w.git(dir, "config", "--worktree", "filter.x.clean", "touch ran")
		if got := Programs(dir); len(got) != 1 {
			t.Errorf("found %q", got)
		}
	})
	t.Run("in what cannot be read", func(t *testing.T) {
		dir := filepath.Join(w.dir, "unread")
		w.git(w.dir, "init", "-q", dir)
		w.write(filepath.Join(dir, ".git", "config"), "[core\n"+plain)
		if got := Programs(dir); len(got) != 1 || got[0] != unreadable {
			t.Errorf("found %q", got)
		}
	})
}

// TestOnlyTheRepositoryThatIsMeant: a directory that looks a little like a
// repository does not make git take the one around it, whose configuration
// nobody has looked at.
func TestOnlyTheRepositoryThatIsMeant(t *testing.T) {
	w := newWorld(t)
	around := filepath.Join(w.dir, "around")
	w.git(w.dir, "init", "-q", around)
	w.commit(around, "a.txt", "x\n")
	repo := w.repo("https://host/x", "17.0", "")
	repo.Dir = filepath.Join(around, "inner")
	w.write(filepath.Join(repo.Dir, ".git", "HEAD"), "ref: refs/heads/main\n")
	if s := (&Client{Runner: silent{t}}).State(t.Context(), repo); !s.Foreign {
		t.Errorf("%+v", s)
	}
	for _, name := range []string{"objects", "refs"} {
		if err := os.MkdirAll(filepath.Join(repo.Dir, ".git", name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if s := (&Client{}).State(t.Context(), repo); s.Foreign {
		t.Errorf("git takes it: %+v", s)
	}
	below := filepath.Join(around, "plain")
	w.write(filepath.Join(below, "a.txt"), "x\n")
	if out, err := w.client.git(t.Context(), below, "rev-parse", "--git-dir"); err == nil {
		t.Errorf("git went up to %s", out)
	}
}

// TestSubmodulesAreNotEntered: looking for local work starts no git in a
// submodule, whose own configuration may name programs. Moving the repository
// leaves what is in it alone.
func TestSubmodulesAreNotEntered(t *testing.T) {
	w := newWorld(t)
	repo := w.repo(w.remote("x"), "17.0", "")
	w.must(repo, Options{}, Cloned)
	sub := filepath.Join(repo.Dir, "sub")
	w.git(repo.Dir, "init", "-q", "sub")
	w.write(filepath.Join(sub, ".gitattributes"), "*.txt filter=x\n")
	w.commit(sub, "a.txt", "x\n")
	w.git(repo.Dir, "add", "sub")
	w.git(repo.Dir, "commit", "-q", "-m", "sub")
	ran := filepath.Join(w.dir, "ran")
	w.git(sub, "config", "filter.x.clean", "touch "+ran+"; cat")
	w.write(filepath.Join(sub, "a.txt"), "z\n")
	repo.Branch = "16.0"
	if s := w.client.State(t.Context(), repo); s.Unknown != "" || s.Dirty {
		t.Errorf("%+v", s)
	}
	if _, err := os.Lstat(ran); err == nil {
		t.Error("a program of the submodule ran")
	}
	w.commit(sub, "b.dat", "y\n")
	if s := w.client.State(t.Context(), repo); !s.Dirty {
		t.Errorf("a commit that only the submodule has is no local work: %+v", s)
	}
}

// TestLookingFetchesNothing: objects that a partial clone lacks are not brought
// when somebody looks at it.
func TestLookingFetchesNothing(t *testing.T) {
	w := newWorld(t)
	repo := w.repo(w.remote("x"), "17.0", "")
	w.must(repo, Options{}, Cloned)
	repo.Branch = "16.0"
	spy := &envSpy{Runner: w.client.Runner}
	client := *w.client
	client.Runner = spy
	client.State(t.Context(), repo)
	if len(spy.seen) == 0 {
		t.Fatal("git was not asked")
	}
	for _, env := range spy.seen {
		if !slices.Contains(env, "GIT_NO_LAZY_FETCH=1") {
			t.Error("git may fetch")
		}
	}
}

// envSpy notes the environment of every process.
type envSpy struct {
	Runner
	seen [][]string
}

func (s *envSpy) Run(ctx context.Context, c execx.Command) (execx.Result, error) {
	s.seen = append(s.seen, c.Env)
	return s.Runner.Run(ctx, c)
}
