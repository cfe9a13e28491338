package link_test

import (
	"errors"
	"path"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/devpm/devpm/manifest/link"
)

const sha = "0123456789abcdef0123456789abcdef01234567"

func TestLinksAreTakenApart(t *testing.T) {
	type want struct {
		link.Link
		directory, local, canonical string
	}
	for _, tc := range []struct {
		name, text string
		want       want
	}{
		{"https alone", "https://github.com/odoo/odoo.git",
			want{link.Link{URL: "https://github.com/odoo/odoo.git", Kind: link.HTTPS, Host: "github.com", Path: "odoo/odoo.git"}, "github.com/odoo/odoo", "", "https://github.com/odoo/odoo"}},
		{"LCK-01: blanks around", "  https://github.com/acme/demo.git  ",
			want{link.Link{URL: "https://github.com/acme/demo.git", Kind: link.HTTPS, Host: "github.com", Path: "acme/demo.git"}, "github.com/acme/demo", "", "https://github.com/acme/demo"}},
		{"LCK-02: a branch", "https://github.com/acme/demo.git 17.0",
			want{link.Link{URL: "https://github.com/acme/demo.git", Branch: "17.0", Kind: link.HTTPS, Host: "github.com", Path: "acme/demo.git"}, "github.com/acme/demo", "", "https://github.com/acme/demo"}},
		{"LCK-14: a branch and a commit", "https://github.com/acme/demo.git 17.0 " + strings.ToUpper(sha),
			want{link.Link{URL: "https://github.com/acme/demo.git", Branch: "17.0", Commit: sha, Kind: link.HTTPS, Host: "github.com", Path: "acme/demo.git"}, "github.com/acme/demo", "", "https://github.com/acme/demo"}},
		{"two blanks between words", "https://github.com/acme/demo   17.0",
			want{link.Link{URL: "https://github.com/acme/demo", Branch: "17.0", Kind: link.HTTPS, Host: "github.com", Path: "acme/demo"}, "github.com/acme/demo", "", "https://github.com/acme/demo"}},
		{"a branch that has git in it", "https://github.com/acme/demo 17.0-digital",
			want{link.Link{URL: "https://github.com/acme/demo", Branch: "17.0-digital", Kind: link.HTTPS, Host: "github.com", Path: "acme/demo"}, "github.com/acme/demo", "", "https://github.com/acme/demo"}},
		{"a branch called http", "https://github.com/acme/demo http-git",
			want{link.Link{URL: "https://github.com/acme/demo", Branch: "http-git", Kind: link.HTTPS, Host: "github.com", Path: "acme/demo"}, "github.com/acme/demo", "", "https://github.com/acme/demo"}},
		{"parts that are secrets nobody tells", "https://<secret:t>@example.com/o/<secret:x.y>.git <secret:branch>",
			want{link.Link{URL: "https://<secret:t>@example.com/o/<secret:x.y>.git", Branch: "<secret:branch>", Kind: link.HTTPS, Host: "example.com", Path: "o/<secret:x.y>.git"}, "example.com/o/<secret_x.y>", "", "https://example.com/o/<secret:x.y>"}},
		{"plain http with a port and a token", "http://token@Git.Example.com:8080/group/sub/repo.git/",
			want{link.Link{URL: "http://token@Git.Example.com:8080/group/sub/repo.git/", Kind: link.HTTPS, Host: "git.example.com:8080", Path: "group/sub/repo.git"}, "git.example.com_8080/group/sub/repo", "", "https://git.example.com:8080/group/sub/repo"}},
		{"LCK-16: scp with a digit in the host", "git@git1.example.com:o/r.git",
			want{link.Link{URL: "git@git1.example.com:o/r.git", Kind: link.SCP, Host: "git1.example.com", Path: "o/r.git"}, "git1.example.com/o/r", "", "https://git1.example.com/o/r"}},
		{"scp with ssh in the name", "git@ssh.GitHub.com:odoo/ssh-tools.git main",
			want{link.Link{URL: "git@ssh.GitHub.com:odoo/ssh-tools.git", Branch: "main", Kind: link.SCP, Host: "ssh.github.com", Path: "odoo/ssh-tools.git"}, "ssh.github.com/odoo/ssh-tools", "", "https://ssh.github.com/odoo/ssh-tools"}},
		{"ssh with a port", "ssh://git@example.com:2222/o/r.git 19.0",
			want{link.Link{URL: "ssh://git@example.com:2222/o/r.git", Branch: "19.0", Kind: link.SSH, Host: "example.com:2222", Path: "o/r.git"}, "example.com_2222/o/r", "", "ssh://git@example.com:2222/o/r.git"}},
		{"an IPv6 host", "https://[2001:db8::1]:8443/o/r",
			want{link.Link{URL: "https://[2001:db8::1]:8443/o/r", Kind: link.HTTPS, Host: "[2001:db8::1]:8443", Path: "o/r"}, "2001_db8__1_8443/o/r", "", "https://[2001:db8::1]:8443/o/r"}},
		{"a dot git inside the path", "https://example.com/my.github.io/r.git",
			want{link.Link{URL: "https://example.com/my.github.io/r.git", Kind: link.HTTPS, Host: "example.com", Path: "my.github.io/r.git"}, "example.com/my.github.io/r", "", "https://example.com/my.github.io/r"}},
		{"LCK-04: file", "file:///tmp/odoo-19.0+e.20251216",
			want{link.Link{URL: "file:///tmp/odoo-19.0+e.20251216", Kind: link.File, Path: "/tmp/odoo-19.0+e.20251216"}, "", "/tmp/odoo-19.0+e.20251216", "file:///tmp/odoo-19.0+e.20251216"}},
		{"file on Windows", "file:///C:/src/odoo",
			want{link.Link{URL: "file:///C:/src/odoo", Kind: link.File, Path: "/C:/src/odoo"}, "", "C:/src/odoo", "file:///C:/src/odoo"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			l, err := link.Parse(tc.text)
			if err != nil {
				t.Fatal(err)
			}
			tc.want.Raw = strings.TrimSpace(tc.text)
			if d := cmp.Diff(tc.want.Link, l); d != "" {
				t.Errorf("-want +got:\n%s", d)
			}
			if got := [3]string{l.Directory(), l.Local(), l.Canonical()}; got != [3]string{tc.want.directory, tc.want.local, tc.want.canonical} {
				t.Errorf("got %q", got)
			}
		})
	}
}

func TestLinksThatAreRefused(t *testing.T) {
	for _, tc := range []struct{ name, text, want string }{
		{"nothing", "  ", "the link is empty"},
		{"too many words", "https://h/o/r a abcdef1 b", "the link has 4 words"},
		{"a path", "/srv/odoo", `"/srv/odoo" is a path, not a git link`},
		{"a relative path", "../odoo", `"../odoo" is a path`},
		{"a bare host", "github.com/odoo/odoo", `"github.com/odoo/odoo" is not a git link`},
		{"a git command", "git clone https://h/o/r", `the link starts with "git", not with its URL`},
		{"another scheme", "ftp://h/o/r", "links of the kind ftp:// are not read"},
		{"a helper of git", "ext::sh -c id", `"ext::sh" is not a git link`},
		{"no repository", "https://github.com/", `"https://github.com/" names no repository`},
		{"a repository without a name", "https://github.com/odoo/.git", "names no repository"},
		{"an empty segment", "https://github.com//odoo", "names no repository"},
		{"an angle bracket", "https://github.com/o/<secret:>", "cannot be part of a repository's path"},
		{"a way up", "https://github.com/../../etc/x", "leads upwards"},
		{"a way up in scp form", "git@h:../x/y", "leads upwards"},
		{"a way up in a file", "file:///srv/../etc", "leads upwards"},
		{"a relative file", "file://srv/odoo", "has no absolute path"},
		{"a file in the home directory", "file://~/odoo", "has no absolute path"},
		{"a host that is an option", "ssh://-oProxyCommand=id/o/r", "is not a host"},
		{"a user that is an option", "ssh://-x@h/o/r", "is not a user"},
		{"a scp host that is an option", "git@-oProxyCommand=id:o/r", "is not a host"},
		{"a segment that is an option", "https://h/-x/r", "cannot be part of a repository's path"},
		{"a backslash", `https://h/o\..\r`, "cannot be part of a repository's path"},
		{"a port that is none", "https://h:port/o/r", `"port" is not a port`},
		{"a branch that is an option", "https://h/o/r --upload-pack=id", `"--upload-pack=id" cannot be a branch`},
		{"a branch that leads upwards", "https://h/o/r a..b", `"a..b" cannot be a branch`},
		{"a branch with a colon", "https://h/o/r a:b", `"a:b" cannot be a branch`},
		{"a commit that is none", "https://h/o/r 17.0 v1.2", `"v1.2" is not a commit`},
		{"a commit that is too short", "https://h/o/r 17.0 abc", `"abc" is not a commit`},
		{"a line break", "https://h/o/r\n17.0", "the link holds a control character"},
		{"a zero byte", "https://h/o/r\x00", "the link holds a control character"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			l, err := link.Parse(tc.text)
			fault, ok := errors.AsType[*link.Error](err)
			if !ok {
				t.Fatalf("got %+v, %v; want a *link.Error", l, err)
			}
			if !strings.Contains(fault.Error(), tc.want) {
				t.Errorf("got %q, want %q in it", fault, tc.want)
			}
			if fault.Fix == "" {
				t.Error("no fix")
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"https://github.com/odoo/odoo.git 19.0 " + sha, "git@h:o/r.git", "ssh://git@h:22/o/r", "file:///a/b", "file://localhost/a", "https://[::1]/a/b", "https://h/../x", "a@b:c"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		l, err := link.Parse(text)
		if err != nil {
			if fault, ok := errors.AsType[*link.Error](err); !ok || fault.Message == "" || fault.Fix == "" {
				t.Fatalf("%q: %#v", text, err)
			}
			return
		}
		for _, word := range []string{l.URL, l.Branch, l.Commit} {
			if strings.HasPrefix(word, "-") || strings.ContainsAny(word, " \t\n\x00") {
				t.Errorf("%q: the word %q is not safe", text, word)
			}
		}
		d := l.Directory()
		if d != path.Clean(d) && d != "" || strings.HasPrefix(d, "/") || d == ".." || strings.HasPrefix(d, "../") || strings.ContainsAny(d, `\:`) || l.Kind != link.File && strings.Count(d, "/") < 1 {
			t.Errorf("%q: the directory %q is not safe", text, d)
		}
		if p := l.Local(); l.Kind == link.File && !strings.HasPrefix(l.Path, "/") || l.Kind != link.File && p != "" {
			t.Errorf("%q: local path %q", text, p)
		}
		again, err := link.Parse(strings.Join([]string{l.URL, l.Branch, l.Commit}, " "))
		if err != nil || again.URL != l.URL || again.Branch != l.Branch || again.Commit != l.Commit {
			t.Errorf("%q: read again as %+v, %v", text, again, err)
		}
	})
}
