package conformance

import (
	"strings"
	"testing"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/manifest"
)

var versionCases = []testCase{
	passes("VER-01", "no odpm_version: loads as schema 1, contract line 3.0", contract(`{"odoo_version":"19.0"}`, "", manifest.Contract{Schema: 1, Line: "3.0"})),
	passes("VER-02", "odpm_version 4.0: loads as schema 1 at level 4.4", contract(`{"odpm_version":"4.0"}`, "4.4", manifest.Contract{Schema: 1, Line: "4.0"})),
	passes("VER-04", "odpm_version 2.0: refused, 3.0 and 4.0 are named", func(t *testing.T) {
		refused(t, `{"odpm_version":"2.0"}`, diag.ManifestContractLine, "2.0", "3.0", "4.0")
	}),
	passes("VER-05", "manifest_schema 1 with odpm_version 4.0: loads as schema 1, contract line 4.0", contract(`{"manifest_schema":1,"odpm_version":"4.0"}`, "", manifest.Contract{Schema: 1, Line: "4.0"})),
	passes("VER-07", "requires_odpm 4.5 at level 4.4: refused, both are named", func(t *testing.T) {
		requires(t, "4.5", "4.4", diag.ManifestRequiresNewer, "4.5", "4.4")
	}),
	passes("VER-08", "no requires_odpm: refused", func(t *testing.T) {
		refused(t, `{"manifest_schema":2}`, diag.ManifestRequiresMissing, "requires_odpm")
		requires(t, " ", "", diag.ManifestRequiresMissing)
	}),
	passes("VER-10", "requires_odpm that is no version: refused", func(t *testing.T) {
		for _, version := range []string{"not-a-version", ">=4.7", "4.7.x"} {
			requires(t, version, "", diag.ManifestRequiresInvalid, version)
		}
	}),
	passes("VER-11", "requires_odpm 4.7.0 at level 4.7.0-beta: refused, a pre-release is lower", func(t *testing.T) {
		requires(t, "4.7.0", "4.7.0-beta", diag.ManifestRequiresNewer)
	}),
	passes("VER-13", "requires_odpm 4.8.0 at level 4.8.0-dev: refused", func(t *testing.T) {
		requires(t, "4.8.0", "4.8.0-dev", diag.ManifestRequiresNewer)
		requires(t, "4.8.0-alpha", "4.8.0-dev", diag.ManifestRequiresNewer)
	}),
	passes("VER-14", `requires_odpm "v4.7", " 4.7 ", "4": accepted`, func(t *testing.T) {
		for _, version := range []string{"v4.7", " 4.7 ", "4", "4.7.0+x"} {
			requires(t, version, "", "")
		}
		requires(t, "4.4", "4.4.0", "")
	}),
	passes("VER-16", "requires_odpm 4.9.0 at level 4.10.0: accepted, numbers are compared", func(t *testing.T) { requires(t, "4.9.0", "4.10.0", "") }),
	passes("VER-17", `manifest_schema "abc": refused`, func(t *testing.T) {
		refused(t, changed(t, `"manifest_schema":2`, `"manifest_schema":"abc"`), diag.ManifestSchemaNumber, "abc")
	}),
	passes("VER-19", "manifest_schema 2.0: accepted", func(t *testing.T) {
		accept(t, changed(t, `"manifest_schema":2`, `"manifest_schema":2.0`), environment{})
	}),
}

// contract wants a manifest's form to be recognised.
func contract(src, level string, want manifest.Contract) func(*testing.T) {
	return func(t *testing.T) {
		var c diag.Collector
		got, ok := manifest.CheckVersion(manifest.Parse("odpm.json", []byte(src), &c), level, &c)
		if !ok || got != want || c.HasErrors() {
			t.Errorf("%v %+v, want %+v\n%s", ok, got, want, text(c.List()))
		}
		m, list := loadWith(src, manifest.Options{Level: level, HostArch: "amd64"})
		if m == nil || list.HasErrors() || m.Schema != want.Schema || m.Stack != manifest.StackOdoo {
			t.Errorf("loads as %+v\n%s", m, text(list))
		}
		if strings.Contains(text(list), "DPM1122: odpm_version: the contract line 3.0 is deprecated") != (want.Line == "3.0") {
			t.Error(text(list))
		}
	}
}

// requires loads M with another requires_odpm at a level; "" as code wants no
// error.
func requires(t *testing.T, version, level string, code diag.Code, words ...string) {
	t.Helper()
	m, list := loadWith(changed(t, `"requires_odpm":"4.4"`, `"requires_odpm":"`+version+`"`), manifest.Options{Level: level, HostArch: "amd64"})
	if code != "" {
		wantError(t, list, code, words...)
	} else if m == nil || list.HasErrors() {
		t.Errorf("%q at %q: %s", version, level, text(list))
	}
}
