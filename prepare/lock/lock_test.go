package lock

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v5"

	"github.com/devpm/devpm/diag"
)

const commit = "0123456789abcdef0123456789abcdef01234567"

var sum = strings.Repeat("ab", 32)

func TestADependencyLockComesBackAsItWas(t *testing.T) {
	src := `{
  "dependencies": [
    {
      "commit": "0123456",
      "kind": "file",
      "url": "file:///srv/web"
    },
    {
      "branch": "f\u00fcr-\ud83d\ude00",
      "commit": "` + commit + `",
      "url": "https://github.com/OCA/web"
    }
  ],
  "developing": {
    "commit": "` + commit + `",
    "url": "ssh://git@h/o/r.git"
  },
  "generated_at": "2026-06-05T12:00:00+00:00",
  "platform": {
    "branch": "19.0",
    "commit": "` + commit + `",
    "url": "https://github.com/odoo/odoo"
  },
  "schema_version": 1,
  "service_sources": {
    "env": {
      "commit": "` + commit + `",
      "url": "https://github.com/acme/env"
    }
  }
}
`
	var c diag.Collector
	d := ReadDependencies("deps.lock.json", []byte(src), &c)
	if d == nil {
		t.Fatal(c.List())
	}
	if diff := cmp.Diff(src, string(d.Encode())); diff != "" {
		t.Error(diff)
	}
	later := *d
	later.GeneratedAt = "2027-01-01T00:00:00+00:00"
	if !d.Same(&later) {
		t.Error("the time makes a difference")
	}
	later.Platform.Commit = strings.Repeat("1", 40)
	if d.Same(&later) {
		t.Error("another commit makes none")
	}
	if n := len(d.Entries()); n != 5 {
		t.Errorf("%d entries", n)
	}
}

// TestWhatOthersWrote: URLs in any form, no order, a kind that is not said.
func TestWhatOthersWrote(t *testing.T) {
	var c diag.Collector
	d := ReadDependencies("x", []byte(`{"schema_version":1,"platform":{"url":"git@github.com:odoo/odoo.git","commit":"ABCDEF0"},
		"developing":null,"dependencies":[{"url":"https://h/z/z","commit":"1111111"},{"url":"file:///a","commit":"2222222"},{"url":"http://H/a/a.git/","commit":"3333333"}]}`), &c)
	if d == nil {
		t.Fatal(c.List())
	}
	if d.Platform.URL != "https://github.com/odoo/odoo" || d.Platform.Commit != "abcdef0" || d.Dependencies[1].Kind != KindFile {
		t.Errorf("%+v", d)
	}
	text := string(d.Encode())
	if a, z := strings.Index(text, "https://h/a/a\""), strings.Index(text, "https://h/z/z\""); a < 0 || z < a {
		t.Errorf("not in order:\n%s", text)
	}
}

func TestLocksThatAreRefused(t *testing.T) {
	good := `"platform":{"url":"https://h/o/r","commit":"1111111"}`
	for _, tc := range []struct{ name, deps, src, want string }{
		{"no JSON", "deps", `{`, ""},
		{"a list", "deps", `[]`, ""},
		{"no version", "deps", `{` + good + `}`, `"schema_version" is missing`},
		{"another version", "deps", `{"schema_version":"1",` + good + `}`, "version 1 of this file is not read"},
		{"no platform", "deps", `{"schema_version":1}`, `"platform" is missing`},
		{"a platform that is none", "deps", `{"schema_version":1,"platform":"x"}`, "an object with url and commit"},
		{"a blank URL", "deps", `{"schema_version":1,"platform":{"url":" ","commit":"1111111"}}`, "a text is expected"},
		{"a short commit", "deps", `{"schema_version":1,"platform":{"url":"u","commit":"11111"}}`, "is not a commit"},
		{"an unknown kind", "deps", `{"schema_version":1,"platform":{"url":"u","commit":"1111111","kind":"svn"}}`, `"svn" is no kind`},
		{"dependencies that are no list", "deps", `{"schema_version":1,` + good + `,"dependencies":{}}`, "a list is expected"},
		{"no lock version", "one", `{}`, `"lock_version" is missing`},
		{"an unknown key", "one", `{"lock_version":1,"volumes":{}}`, `"volumes" is not known here`},
		{"an unknown key of a repository", "one", `{"lock_version":1,"repositories":{"u":{"commit":"1111111","tag":"x"}}}`, `"tag" is not known here`},
		{"images that are no object", "one", `{"lock_version":1,"images":[]}`, "an object is expected"},
		{"an image without a digest", "one", `{"lock_version":1,"images":{"a":{}}}`, `"digest" is missing`},
		{"a digest that is none", "one", `{"lock_version":1,"images":{"a":{"digest":"md5:1"}}}`, "is not sha256:"},
		{"local that is text", "one", `{"lock_version":1,"images":{"a":{"digest":"sha256:` + sum + `","local":"yes"}}}`, "true or false"},
		{"an extension without a sum", "one", `{"lock_version":1,"extensions":{"a":{"sha256":"1"}}}`, "is not 64 hexadecimal digits"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var c diag.Collector
			if tc.deps == "deps" && ReadDependencies("f", []byte(tc.src), &c) != nil || tc.deps == "one" && Read("f", []byte(tc.src), &c) != nil {
				t.Fatal("accepted")
			}
			list := c.List()
			if len(list) == 0 || list[0].Code != diag.LockFile || list[0].Fix == "" || !strings.Contains(list[0].Message, tc.want) {
				t.Errorf("got %v, want %q", list, tc.want)
			}
		})
	}
}

func TestTheLockComesBackAndIsCompared(t *testing.T) {
	f := New()
	f.Repositories["https://h/o/r"] = Repo{Commit: commit, Branch: "19.0"}
	f.Repositories["file:///srv/x"] = Repo{Commit: commit, Kind: KindFile}
	f.Images["postgres:16"] = Image{Digest: "sha256:" + sum, Local: true}
	f.Extensions["mail"] = Extension{SHA256: sum, Version: "1.2.0", Source: "https://h/mail.zip"}
	var c diag.Collector
	again := Read("lock.json", f.Encode(), &c)
	if diff := cmp.Diff(f, again); diff != "" || len(c.List()) > 0 {
		t.Fatal(diff, c.List())
	}
	published, err := os.ReadFile("../../schema/lock.v1.json")
	if err != nil {
		t.Fatal(err)
	}
	schema, err := jsonschema.CompileString("lock.v1.json", string(published))
	if err != nil {
		t.Fatal(err)
	}
	for name, bad := range map[string]*File{"": f, "a digest that is none": {Images: map[string]Image{"a": {Digest: "x"}}}} {
		var value any
		if err := json.Unmarshal(bad.Encode(), &value); err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(value); (err == nil) != (name == "") {
			t.Errorf("%s: %v", name, err)
		}
	}
	again.Repositories["https://h/o/r"] = Repo{Commit: strings.Repeat("1", 40)}
	delete(again.Images, "postgres:16")
	again.Images["redis:7"] = Image{Digest: "sha256:" + sum}
	want := []Change{
		{"repository", "https://h/o/r", commit, strings.Repeat("1", 40)},
		{"image", "postgres:16", "sha256:" + sum, ""},
		{"image", "redis:7", "", "sha256:" + sum},
	}
	if diff := cmp.Diff(want, Diff(f, again)); diff != "" {
		t.Error(diff)
	}
	if changes := Diff(nil, f); len(changes) != 4 {
		t.Errorf("%v", changes)
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(`{"schema_version":1,"platform":{"url":"https://h/o/r","commit":"1111111"},"dependencies":[{"url":"x","commit":"1111111"}]}`))
	f.Add([]byte(`{"lock_version":1,"images":{"a":{"digest":"sha256:` + sum + `"}}}`))
	f.Fuzz(func(t *testing.T, src []byte) {
		var c diag.Collector
		if d := ReadDependencies("f", src, &c); d != nil {
			again := ReadDependencies("f", d.Encode(), &c)
			if again == nil || !bytes.Equal(again.Encode(), d.Encode()) {
				t.Errorf("%s\nis read again as\n%v", d.Encode(), again)
			}
		}
		if l := Read("f", src, &c); l != nil {
			again := Read("f", l.Encode(), &c)
			if again == nil || !bytes.Equal(again.Encode(), l.Encode()) {
				t.Errorf("%s\nis read again as\n%v", l.Encode(), again)
			}
		}
	})
}
