package settings_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/extensions/sandbox"
	"github.com/devpm/devpm/extensions/settings"
)

const key = "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3"

func TestSettingsAreRead(t *testing.T) {
	tests := map[string]settings.Settings{
		`{}`:                               {},
		`{"policy": 1, "ext.mail": {}}`:    {},
		`{"ext": {}}`:                      {},
		`{"ext": {"sandbox": "required"}}`: {SandboxRequired: true},
		`{"ext": {"sandbox": "preferred", "signatures": "required", "keys": ["` + key + `"]}}`: {SignaturesRequired: true, Keys: []string{key}},
		`{"ext": {"accept": ["mail-*"]}}`:                 {Accept: []string{"mail-*"}},
		`{"ext": {"accept": []}}`:                         {Accept: []string{}},
		`{"ext": {"signatures": "optional", "keys": []}}`: {Keys: []string{}},
	}
	for src, want := range tests {
		var c diag.Collector
		got := settings.Read("settings.json", []byte(src), &c)
		if got == nil || len(c.List()) > 0 {
			t.Errorf("%s: %v", src, c.List())
			continue
		}
		if d := cmp.Diff(want, *got, cmpopts.IgnoreUnexported(settings.Settings{})); d != "" {
			t.Errorf("%s: %s", src, d)
		}
	}
}

func TestSettingsThatAreNotUnderstoodAreRefused(t *testing.T) {
	tests := []struct{ src, want string }{
		{`{"ext": {"sandbx": "required"}}`, `settings.json:1:10: error DPM7201: ext.sandbx: extensions have no setting "sandbx"; there are accept, keys, sandbox, signatures`},
		{`{"ext": {"sandbox": "requierd"}}`, `settings.json:1:21: error DPM7201: ext.sandbox: this is one of "required" and "preferred"`},
		{`{"ext": {"sandbox": true}}`, `settings.json:1:21: error DPM7201: ext.sandbox: this is one of "required" and "preferred"`},
		{`{"ext": {"signatures": "yes"}}`, `settings.json:1:24: error DPM7201: ext.signatures: this is one of "required" and "optional"`},
		{`{"ext": {"keys": "RW"}}`, `settings.json:1:18: error DPM7201: ext.keys: this is string, not array`},
		{`{"ext": {"keys": ["RWnot"]}}`, `settings.json:1:19: error DPM7201: ext.keys.0: this is no public key of minisign: one has 56 characters and begins with RW`},
		{`{"ext": {"keys": ["` + key + `", "` + key + `"]}}`, `settings.json:1:18: error DPM7201: ext.keys: something stands here twice`},
		{`{"ext": {"accept": ["a/b"]}}`, `settings.json:1:21: error DPM7201: ext.accept.0: this is no name of a package; * stands for any text`},
		{`{"ext": []}`, `settings.json:1:9: error DPM7201: ext: this is array, not object`},
		{`[]`, `settings.json:1:1: error DPM7201: this is a list, not an object`},
		{`{"ext.sandbox": "required"}`, `settings.json:1:2: error DPM7201: ext.sandbox: "ext.sandbox" is no setting`},
	}
	for _, tt := range tests {
		var c diag.Collector
		if s := settings.Read("settings.json", []byte(tt.src), &c); s != nil {
			t.Errorf("%s was read: %+v", tt.src, s)
		}
		list := c.List()
		if len(list) != 1 || list[0].Fix == "" {
			t.Errorf("%s: %v", tt.src, list)
			continue
		}
		if got, _, _ := strings.Cut(list[0].String(), "\n"); got != tt.want {
			t.Errorf("%s:\n got %s\nwant %s", tt.src, got, tt.want)
		}
	}
	for _, src := range []string{``, `{`, `{"ext": {"sandbox": "required", "sandbox": "preferred"}}`} {
		var c diag.Collector
		if s := settings.Read("settings.json", []byte(src), &c); s != nil || !c.HasErrors() {
			t.Errorf("%s: %+v, %v", src, s, c.List())
		}
	}
}

func TestARequiredSandboxIsComplete(t *testing.T) {
	read := func(src string) *settings.Settings {
		var c diag.Collector
		s := settings.Read("settings.json", []byte(src), &c)
		if s == nil {
			t.Fatal(c.List())
		}
		return s
	}
	required, preferred := read(`{"ext": {"sandbox": "required"}}`), read(`{}`)
	full := sandbox.Level{Filesystem: true, Sockets: true, Processes: true}
	partial := sandbox.Level{Filesystem: true, Sockets: true, Missing: []string{"it can do this", "it can do that"}}
	tests := []struct {
		settings *settings.Settings
		level    sandbox.Level
		want     string
	}{
		{preferred, full, ""},
		{preferred, partial, ""},
		{required, full, ""},
		{required, partial, "settings.json:1:21: error DPM7202: ext.sandbox: the extension mail cannot be held in completely: it can do this; it can do that"},
	}
	for _, tt := range tests {
		var c diag.Collector
		tt.settings.CheckSandbox("mail", tt.level, &c)
		got := ""
		for _, d := range c.List() {
			got, _, _ = strings.Cut(d.String(), "\n")
		}
		if got != tt.want {
			t.Errorf("got %s\nwant %s", got, tt.want)
		}
	}
}

func TestSignaturesThatAreRefused(t *testing.T) {
	optional, required := &settings.Settings{}, &settings.Settings{SignaturesRequired: true}
	for code, want := range map[diag.Code][2]bool{
		diag.SignatureMissing: {false, true}, diag.SignatureUntrusted: {false, true}, diag.SignatureBad: {true, true}, diag.StoreDamaged: {true, true},
	} {
		fault := &diag.Diagnostic{Code: code}
		if got := [2]bool{optional.RefusesSignature(fault), required.RefusesSignature(fault)}; got != want {
			t.Errorf("%s: got %v, want %v", code, got, want)
		}
	}
	if optional.RefusesSignature(nil) || required.RefusesSignature(nil) {
		t.Error("a good signature is refused")
	}
}

// Settings are edited by hand; whatever they hold, reading them ends with
// settings or with an error.
func FuzzRead(f *testing.F) {
	for _, src := range []string{`{"ext": {"sandbox": "required", "keys": ["` + key + `"]}}`, `{"ext": null}`, `{"ext.sandbox": 1}`, `[`, "\xff", `{"ext": {"keys": [{}]}}`} {
		f.Add([]byte(src))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		var c diag.Collector
		if s := settings.Read("settings.json", src, &c); (s == nil) != c.HasErrors() {
			t.Fatalf("%+v, %v", s, c.List())
		}
	})
}
