package manifest_test

import (
	"strings"
	"testing"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/manifest"
)

func TestWhatExtensionsSeeOfAManifest(t *testing.T) {
	var c diag.Collector
	env := manifest.NewEnvironment([]string{"PORT=9"}, nil, &c)
	secret := func(key string) (string, string, *manifest.TokenFault) { return "hunter2hunter2", "file", nil }
	options := manifest.Options{Environment: env, Tokens: manifest.Tokens{Secret: secret}, HostArch: "amd64"}
	m := manifest.Load("odpm.json", []byte(`{"manifest_schema":2,"requires_odpm":"4.6","stack":"none",
		"services":{"web":{"image":"w:${PORT}","environment":{"T":"${@secret:token}"}}},
		"service_patches":{"web":{"tty":true,"labels":{"a":"${PORT}"}}},
		"scenarios":{"developer":{"service_patches":{"web":{"tty":false}}}},
		"hooks":{"pre_up":[["./run","${PORT}"],"my.plugin",{"plugin":"other"}]},
		"locks":{"git":{"x":"y"}}}`), options, &c)
	if c.HasErrors() {
		t.Fatal(c.List())
	}
	v := m.View(env, options.Tokens)
	for text, want := range map[string]string{
		string(v.Services): `{"web": {"image": "w:9", "environment": {"T": "<secret:token>"}}}`,
		string(v.Patches):  `{"web": {"tty": false, "labels": {"a": "9"}}}`,
		string(v.Hooks):    `{"pre_up": [["./run", "${PORT}"], "my.plugin", "other"]}`,
		string(v.Locks):    `{"git": {"x": "y"}}`,
	} {
		if text != want {
			t.Errorf("got %s, want %s", text, want)
		}
	}
	if !strings.Contains(string(v.Manifest), `"image": "w:9"`) || !strings.Contains(string(v.Manifest), `"${PORT}"], "my.plugin"`) {
		t.Errorf("manifest: %s", v.Manifest)
	}
	for _, text := range [][]byte{v.Manifest, v.Services, v.Patches, v.Hooks, v.Locks} {
		if strings.Contains(string(text), "hunter2") {
			t.Errorf("the secret is in %s", text)
		}
	}
}

// TestOnceExtensionsWereAsked: what they add can be referred to, and what they
// do not add does not exist.
func TestOnceExtensionsWereAsked(t *testing.T) {
	src := []byte(`{"manifest_schema":2,"requires_odpm":"4.6","stack":"none","extensions":{"require":{"mail":"^1"}},
		"services":{"web":{"image":"w","depends_on":["mailpit","lost"]}},"hooks":{"pre_up":["mail.warmup"]}}`)
	load := func(provided *manifest.Provided) (*manifest.Manifest, diag.List) {
		var c diag.Collector
		m := manifest.Load("odpm.json", src, manifest.Options{Provided: provided, HostArch: "amd64"}, &c)
		m.CheckReferences(nil, &c)
		return m, c.List()
	}
	m, list := load(nil)
	if list.HasErrors() || list.Count(diag.Warning) != 2 || !m.Extended {
		t.Errorf("before: %v", list)
	}
	m, list = load(&manifest.Provided{Services: []string{"mailpit"}})
	if list.Count(diag.Error) != 1 || len(list) != 1 || !strings.Contains(list[0].Message, `"lost"`) || m.Extended {
		t.Errorf("after: %v", list)
	}
}
