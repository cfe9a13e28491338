package manifest_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/manifest"
)

// TestWithLocksChangesNothingElse: what stands around locks.git stays, whatever
// its form.
func TestWithLocksChangesNothingElse(t *testing.T) {
	commits := map[string]string{"https://h/b 17.0": "2222222", "https://h/a": "1111111"}
	for _, tc := range []struct{ name, src, want string }{
		{"a value that is there", "{\n\t\"a\": 1,  \"locks\": {\"venv\": \"x\", \"git\": {\"old\":\n\"0000000\"} },\n\t\"ü\": [ ]\n}\n",
			"{\n\t\"a\": 1,  \"locks\": {\"venv\": \"x\", \"git\": {\n\t\t\t\"https://h/a\": \"1111111\",\n\t\t\t\"https://h/b 17.0\": \"2222222\"\n\t\t} },\n\t\"ü\": [ ]\n}\n"},
		{"locks without git", `{"locks": {"venv": "x"}, "z": 1.50}`,
			"{\"locks\": {\"venv\": \"x\",\n    \"git\": {\n      \"https://h/a\": \"1111111\",\n      \"https://h/b 17.0\": \"2222222\"\n    }}, \"z\": 1.50}"},
		{"empty locks", `{"locks": { }}`,
			"{\"locks\": {\n    \"git\": {\n      \"https://h/a\": \"1111111\",\n      \"https://h/b 17.0\": \"2222222\"\n    }\n  }}"},
		{"no locks, other line ends", "{\r\n    \"a\": \"\\u00e4\"\r\n}",
			"{\r\n    \"a\": \"\\u00e4\",\r\n    \"locks\": {\r\n        \"git\": {\r\n            \"https://h/a\": \"1111111\",\r\n            \"https://h/b 17.0\": \"2222222\"\r\n        }\r\n    }\r\n}"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var c diag.Collector
			d := manifest.Parse("odpm.json", []byte(tc.src), &c)
			if d == nil || c.HasErrors() {
				t.Fatal(c.List())
			}
			got, err := d.WithLocks(commits)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, string(got)); diff != "" {
				t.Error(diff)
			}
			again := manifest.Parse("odpm.json", got, &c)
			twice, err := again.WithLocks(commits)
			if err != nil || string(twice) != string(got) {
				t.Errorf("a second time: %v\n%s", err, twice)
			}
		})
	}
	var c diag.Collector
	if out, err := manifest.Parse("odpm.json", []byte(`{"locks": 3}`), &c).WithLocks(commits); err == nil {
		t.Errorf("locks that are no object: %s", out)
	}
}

// TestADependencyIsNotTrusted: what it must not do is said and left out.
func TestADependencyIsNotTrusted(t *testing.T) {
	for _, tc := range []struct {
		name, src string
		code      diag.Code
		severity  diag.Severity
		kept      int // services
	}{
		{"a service of the stack", `{"services":{"db":{"image":"x"},"a":{"image":"x"}}}`, diag.DependencyName, diag.Error, 1},
		{"a name that is a path", `{"services":{"../x":{"image":"x"}}}`, diag.DependencyName, diag.Error, 0},
		{"a secret", `{"services":{"a":{"image":"x","environment":{"T":"${@secret:token}"}}}}`, diag.DependencySecret, diag.Error, 1},
		{"services that are a list", `{"services":["a"]}`, diag.DependencyManifest, diag.Warning, 0},
		{"a service that is text", `{"services":{"a":"x","b":{"image":"x"}}}`, diag.DependencyManifest, diag.Warning, 1},
		{"a flat manifest with services", `{"odpm_version":"4.0","services":{"a":{"image":"x"}}}`, "", diag.Warning, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var c diag.Collector
			env := manifest.NewEnvironment(nil, nil, &c)
			n := manifest.LoadNested("o/r", "o/r/odpm.json", []byte(tc.src), manifest.Options{Environment: env}, manifest.StackOdoo, &c)
			list := c.List()
			if tc.code == "" && len(list) > 0 || tc.code != "" && (len(list) != 1 || list[0].Code != tc.code || list[0].Severity != tc.severity || list[0].Range.File != "o/r/odpm.json") {
				t.Errorf("got %v", list)
			}
			if got := len(n.Members()); got != tc.kept {
				t.Errorf("%d services are kept, want %d", got, tc.kept)
			}
		})
	}
}
