package git

import (
	"testing"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/prepare"
)

// dated makes a remote with one commit on each of some days, at noon UTC but
// for the last, which is one second before midnight, and a branch merged late.
func (w *world) dated() (remote string, commits map[string]string) {
	w.t.Helper()
	remote = w.remote("demo") // everything on 2026-01-02
	on := func(when string) {
		w.env = append(w.env, "GIT_AUTHOR_DATE="+when, "GIT_COMMITTER_DATE="+when)
	}
	commits = map[string]string{"20260102": w.git(remote, "rev-parse", "17.0")}
	on("2026-03-01T12:00:00Z")
	commits["20260301"] = w.commit(remote, "a.txt", "march\n")
	w.git(remote, "checkout", "-q", "-b", "side")
	on("2026-03-05T12:00:00Z")
	w.commit(remote, "side.txt", "side\n")
	w.git(remote, "checkout", "-q", "17.0")
	on("2026-03-10T23:59:59Z")
	commits["20260310"] = w.commit(remote, "a.txt", "tenth\n")
	on("2026-06-01T00:00:00Z")
	w.git(remote, "merge", "-q", "--no-ff", "-m", "merge", "side")
	commits["20260601"] = w.git(remote, "rev-parse", "17.0")
	return remote, commits
}

func TestBuildDates(t *testing.T) {
	w := newWorld(t)
	_, commits := w.dated()
	server, _ := w.counting()
	for _, tc := range []struct{ name, date, want string }{
		{"a day with a commit", "20260301", "20260301"},
		{"a day between two commits", "20260309", "20260301"},
		{"a day on which another branch had one that was merged later", "20260306", "20260301"},
		{"the last second of the day, UTC", "20260310", "20260310"},
		{"months after the last commit before", "20260531", "20260310"},
		{"a day that is still to come", "20991231", "20260601"},
		{"the first day", "20260102", "20260102"},
	} {
		for _, store := range []string{w.client.Store, ""} {
			t.Run(tc.name+map[bool]string{true: ", without a store"}[store == ""], func(t *testing.T) {
				w := &world{t: t, dir: t.TempDir(), env: w.env, client: &Client{Runner: w.client.Runner, Env: w.env, Store: store}}
				repo := w.repo(server.URL+"/demo/.git", "17.0", "")
				repo.Date = tc.date
				if r := w.must(repo, Options{}, Cloned); r.After != commits[tc.want] {
					t.Errorf("at %s, want %s of %s", r.After, commits[tc.want], tc.want)
				}
				w.sound(repo.Dir)
				quiet := &Client{Runner: silent{t}} // planning starts nothing
				if s := quiet.State(t.Context(), repo); !Right(repo, s) {
					t.Errorf("state %+v", s)
				}
				w.must(repo, Options{}, Unchanged)

				// To the newest commit and back: the clone has what it takes.
				latest := repo
				latest.Date = ""
				if r := w.one(latest, Options{}); r.After != commits["20260601"] || len(r.Diagnostics) > 0 {
					t.Errorf("latest: %+v", r)
				}
				if r := w.one(repo, Options{}); r.After != commits[tc.want] || len(r.Diagnostics) > 0 {
					t.Errorf("back: %+v", r)
				}
			})
		}
	}
	t.Run("before the first commit", func(t *testing.T) {
		repo := w.elsewhere(w.repo(server.URL+"/demo/.git", "17.0", ""), "early")
		repo.Date = "20200101"
		w.finds(repo, Options{}, Failed, diag.GitBuildDate)
	})
	t.Run("a locked commit wins", func(t *testing.T) {
		repo := w.elsewhere(w.repo(server.URL+"/demo/.git", "17.0", commits["20260310"]), "locked")
		repo.Date = "20260301"
		if r := w.must(repo, Options{}, Cloned); r.After != commits["20260310"] {
			t.Errorf("at %s", r.After)
		}
	})
	t.Run("local work stays", func(t *testing.T) {
		repo := w.elsewhere(w.repo(server.URL+"/demo/.git", "17.0", ""), "mine")
		w.must(repo, Options{}, Cloned)
		w.write(repo.Dir+"/a.txt", "mine\n")
		repo.Date = "20260301"
		w.finds(repo, Options{}, LeftAlone, diag.GitLocalWork)
		if w.read(repo.Dir+"/a.txt") != "mine\n" {
			t.Error("the work is gone")
		}
	})
	t.Run("a day that is not over follows --update", func(t *testing.T) {
		repo := w.elsewhere(w.repo(server.URL+"/demo/.git", "17.0", ""), "today")
		repo.Date = "20991231"
		w.must(repo, Options{}, Cloned)
		tip := w.commit(w.dir+"/remote/demo", "a.txt", "newest\n")
		w.must(repo, Options{}, Unchanged)
		if r := w.must(repo, Options{Update: true}, Moved); r.After != tip {
			t.Errorf("at %s", r.After)
		}
	})
}

func TestNoBuildDate(t *testing.T) {
	w := newWorld(t)
	repo := w.repo("https://git.example.com/acme/demo", "17.0", "")
	for _, date := range []string{"latest", "20260230", "--all"} {
		repo.Date = date
		w.client.Runner = silent{t}
		if r := w.client.Materialize(t.Context(), []prepare.Repository{repo}, Options{}, nil)[0]; r.Outcome != Failed || r.Diagnostics[0].Code != diag.GitLink {
			t.Errorf("%s: %+v", date, r)
		}
	}
}
