package git

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestStateReadsEveryLayout(t *testing.T) {
	for name, arrange := range map[string]func(w *world, dir string) string{
		"loose refs": func(_ *world, dir string) string { return dir },
		"packed refs": func(w *world, dir string) string {
			w.git(dir, "pack-refs", "--all")
			w.git(dir, "gc", "-q")
			return dir
		},
		"a worktree": func(w *world, dir string) string {
			tree := filepath.Join(w.dir, "tree")
			w.git(dir, "checkout", "-q", "--detach")
			w.git(dir, "worktree", "add", "-q", tree, "17.0")
			return tree
		},
		"a symbolic branch": func(w *world, dir string) string {
			w.git(dir, "symbolic-ref", "refs/heads/alias", "refs/heads/17.0")
			return dir
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			remote := w.remote("demo")
			repo := w.repo(remote, "17.0", "")
			w.must(repo, Options{}, Cloned)
			repo.Dir = arrange(w, repo.Dir)
			quiet := &Client{Runner: silent{t}}
			tip, old := w.git(remote, "rev-parse", "17.0"), w.git(remote, "rev-parse", "v1^{commit}")
			s := quiet.State(t.Context(), repo)
			if s.Head != tip || s.Branch != "17.0" || s.Wanted != tip || s.Origin != remote {
				t.Errorf("%+v", s)
			}
			w.git(repo.Dir, "fetch", "-q", "--unshallow", "origin") // the other commit is here now
			repo.Branch, repo.Commit = "", old[:8]
			if s := w.client.State(t.Context(), repo); s.Wanted != old {
				t.Errorf("wanted %q, want %s", s.Wanted, old)
			}
		})
	}
	t.Run("objects of an alternate count as here", func(t *testing.T) {
		w := newWorld(t)
		remote := w.remote("demo")
		dir := filepath.Join(w.dir, "shared")
		w.git(w.dir, "clone", "-q", "--shared", remote, dir)
		at, err := open(dir)
		if err != nil {
			t.Fatal(err)
		}
		old := w.git(remote, "rev-parse", "v1^{commit}")
		if got := at.object(old[:7]); got != old {
			t.Errorf("%q", got)
		}
		if got := at.object("0000000"); got != "" {
			t.Errorf("%q", got)
		}
	})
	t.Run("alternates that name each other are looked at once", func(t *testing.T) {
		w := newWorld(t)
		a, b := filepath.Join(w.dir, "a"), filepath.Join(w.dir, "b")
		w.write(filepath.Join(a, "info", "alternates"), strings.Repeat(b+"\n"+a+"\n", 20))
		w.write(filepath.Join(b, "info", "alternates"), strings.Repeat(a+"\n", 20))
		if d := cmp.Diff([]string{a, b}, objectDirs(a)); d != "" {
			t.Error(d)
		}
	})
	t.Run("ref storages that are not files are left to git", func(t *testing.T) {
		w := newWorld(t)
		repo := w.repo(w.remote("demo"), "17.0", "")
		w.must(repo, Options{}, Cloned)
		config := filepath.Join(repo.Dir, ".git", "config")
		before := w.read(config)
		w.write(config, before+"[extensions]\n\trefStorage = reftable\n")
		if s := (&Client{}).State(t.Context(), repo); !s.Present || s.Head != "" || s.Unknown == "" {
			t.Errorf("%+v", s)
		}
	})
	t.Run("what is not a repository", func(t *testing.T) {
		w := newWorld(t)
		for path, want := range map[string]bool{"file": true, "full": true, "empty": false, "absent": false, "broken": true} {
			repo := w.repo("https://host/x", "17.0", "")
			repo.Dir = filepath.Join(w.dir, path)
			switch path {
			case "file":
				w.write(repo.Dir, "x")
			case "full":
				w.write(filepath.Join(repo.Dir, "x"), "x")
			case "broken":
				w.write(filepath.Join(repo.Dir, ".git"), "gitdir: /nowhere\n")
			case "empty":
				if err := os.MkdirAll(repo.Dir, 0o755); err != nil {
					t.Fatal(err)
				}
			}
			if s := (&Client{}).State(t.Context(), repo); s.Foreign != want || s.Present {
				t.Errorf("%s: %+v", path, s)
			}
		}
	})
}

func TestParseConfig(t *testing.T) {
	got, readable := parseConfig("; comment\n[core]\n\tbare = false # no\n[Remote \"Or\\\"i]gin\"] url = x\n" +
		"\turl = \"a # b\" ; c\n\tfetch = one\\\n two\nflag\n[remote \"origin\"]\nurl=\"q\\\\\\\"r\\t\"\n")
	want := config{
		"core.bare":              {"false"},
		"remote.Or\"i]gin.url":   {"x", "a # b"},
		"remote.Or\"i]gin.fetch": {"one two"},
		"remote.Or\"i]gin.flag":  {"true"},
		"remote.origin.url":      {"q\\\"r\t"},
	}
	if d := cmp.Diff(want, got); d != "" || !readable {
		t.Error(readable, d)
	}
	for _, bad := range []string{"[broken\nkey = lost", "[a \"b\nc\"]", "[a \"b\" ]", "[a b]", "[]", "[a]\nk = \\x", "[a]\nk = \"", "[a]\nk v", "[a]\n-k = v"} {
		if got, readable := parseConfig("[core]\nbare\n" + bad); readable || got.get("core.bare") != "true" {
			t.Errorf("%q: %v, %v", bad, got, readable)
		}
	}
	if _, readable := parseConfig("key = outside"); readable {
		t.Error("a key outside of any section")
	}
}

func FuzzParseConfig(f *testing.F) {
	f.Add("[a \"b\\")
	f.Add("[a]\nb=\\")
	f.Add("[remote \"origin\"]\n\turl = \"x\n")
	f.Fuzz(func(_ *testing.T, text string) { parseConfig(text) }) // must not panic
}

func TestCheckRef(t *testing.T) {
	for _, good := range []string{"17.0", "feature/mail", "17.0-digital", "a@b", "HEAD"} {
		if err := CheckRef(good); err != nil {
			t.Errorf("%q: %v", good, err)
		}
	}
	for _, bad := range []string{"", "-x", "/a", "a/", "a//b", "a..b", "a.", "a@{b", "@", ".a", "a/.b", "a.lock", "a.lock/b", "a b", "a~b", "a\x00b", "a\\b", "a*"} {
		if CheckRef(bad) == nil {
			t.Errorf("%q is accepted", bad)
		}
	}
}

func TestSameRemote(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want bool
	}{
		{"https://github.com/acme/demo.git", "git@github.com:acme/demo", true},
		{"https://ana:x@GitHub.com/acme/demo/", "http://github.com/acme/demo.git", true},
		{"ssh://git@host:22/a/b", "https://host:22/a/b", true},
		{"https://github.com/acme/demo", "https://github.com/fork/demo", false},
		{"/srv/a", "/srv/a.git", true},
		{"/srv/a", "/srv/b", false},
	} {
		if sameRemote(tt.a, tt.b) != tt.want {
			t.Errorf("%s and %s: not %v", tt.a, tt.b, tt.want)
		}
	}
}

func TestMask(t *testing.T) {
	for in, want := range map[string]string{
		"https://ana:s3cret@host/x":                    "https://***@host/x",
		"fatal: 'https://ghp_token@host/x' and more":   "fatal: 'https://***@host/x' and more",
		"HTTP://a:b@host http://c@d/e@f":               "HTTP://***@host http://***@d/e@f",
		"ssh://git@host/x":                             "ssh://git@host/x",
		"ssh://git:pw@host/x":                          "ssh://git:***@host/x",
		"git@github.com:acme/demo.git and https://a/b": "git@github.com:acme/demo.git and https://a/b",
	} {
		if got := Mask(in); got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
	if got := Mask("https://a:p@ss:w@rd@host/"); strings.Contains(got, "ss:") {
		t.Errorf("a password with an @ shows: %s", got)
	}
}

func TestNear(t *testing.T) {
	got := Near("17.O", []string{"main", "16.0", "17.0", "17.0-dev", "saas-17"}, 2)
	if d := cmp.Diff([]string{"17.0", "16.0"}, got); d != "" {
		t.Error(d)
	}
}

func TestSSHNeverAsksInTheBackground(t *testing.T) {
	w := newWorld(t)
	ask := func(url string, env ...string) string {
		c := &Client{Runner: w.client.Runner, Env: append(env, w.env...)}
		return c.batchSSH(t.Context(), w.dir, url)
	}
	const options = " -o BatchMode=yes -o ConnectTimeout=30"
	for name, tt := range map[string]struct{ got, want string }{
		"plain":      {ask("git@host:a/b"), "ssh" + options},
		"the user's": {ask("ssh://host/a", "GIT_SSH_COMMAND=ssh -i key"), "ssh -i key" + options},
		"a program":  {ask("ssh://host/a", "GIT_SSH=plink"), ""},
		"over http":  {ask("https://host/a"), ""},
		"configured": {ask("git@host:a/b", "GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=core.sshCommand", "GIT_CONFIG_VALUE_0=ssh -v"), "ssh -v" + options},
	} {
		if tt.got != tt.want {
			t.Errorf("%s: %q, want %q", name, tt.got, tt.want)
		}
	}
}
