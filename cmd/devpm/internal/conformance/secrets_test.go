package conformance

import (
	"slices"
	"strings"
	"testing"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/manifest"
	"github.com/devpm/devpm/manifest/secrets"
)

// secretsOf is a secrets file with the members of an object.
func secretsOf(members string) string { return `{"schema_version":1,"secrets":{` + members + `}}` }

// secretly is a project whose service has one environment value, and whose
// secrets file has the members; "" is no file.
func secretly(t *testing.T, value, members string) project {
	t.Helper()
	p := newProject(t, plus(plain, `"services":{"w":{"image":"i","environment":{"V":"`+value+`"}}}`))
	if members != "" {
		p.write(t, ".odpm/secrets.json", secretsOf(members))
	}
	return p
}

// faultyPlan wants a plan that is refused, with the words in what it says.
func faultyPlan(t *testing.T, p project, args []string, words ...string) {
	t.Helper()
	status, _, stderr := p.devpm(t, append([]string{"plan", "--no-docker"}, args...)...)
	if status != 1 {
		t.Errorf("exit status %d", status)
	}
	for _, word := range words {
		if !strings.Contains(stderr, word) {
			t.Errorf("does not say %q:\n%s", word, stderr)
		}
	}
}

// blockOf is the `secrets` block of a manifest in a scenario.
func blockOf(t *testing.T, keys, scenario string) secrets.Block {
	t.Helper()
	m, list := loadWith(plus(plain, keys), manifest.Options{Environment: environment{}.build(t), HostArch: "amd64", Scenario: scenario})
	if list.HasErrors() {
		t.Fatal(text(list))
	}
	return secrets.BlockOf(m.Secrets)
}

// secretsFile reads a secrets file with the members.
func secretsFile(t *testing.T, members string) *secrets.File {
	t.Helper()
	var c diag.Collector
	f := secrets.Read(secrets.Path, []byte(secretsOf(members)), &c)
	if f == nil {
		t.Fatal(text(c.List()))
	}
	return f
}

// wantIssue wants exactly one finding that says all of the words.
func wantIssue(t *testing.T, list diag.List, words ...string) {
	t.Helper()
	if len(list) != 1 {
		t.Fatalf("want one issue, got\n%s", text(list))
	}
	for _, word := range words {
		if !strings.Contains(list[0].String(), word) {
			t.Errorf("does not say %q: %s", word, list[0])
		}
	}
}

const apiKey = `"secrets":{"required":true,"keys":["payment.api_key"]}`

// secretCases are the secrets of the group TOK, and the group SEC.
var secretCases = []testCase{
	passes("TOK-13", "a key with dots: its value", func(t *testing.T) {
		p := secretly(t, "${@secret:partner_armtek.armtek.apilogin}", `"partner_armtek.armtek.apilogin":"login-value"`)
		p.prepare(t, 0)
		if !strings.Contains(p.read(t, "docker-compose.yml"), "V: login-value\n") {
			t.Error(p.read(t, "docker-compose.yml"))
		}
	}),
	passes("TOK-14", "a key that the file lacks: refused, the key is named", func(t *testing.T) {
		faultyPlan(t, secretly(t, "${@secret:absent}", `"other":"value"`), nil, "DPM3302", "absent", ".odpm/secrets.json", "services.w.environment.V")
	}),
	passes("TOK-16", "a placeholder: refused, the key is named", func(t *testing.T) {
		for _, value := range []string{"REPLACE_ME", "CHANGEME", "TODO"} {
			faultyPlan(t, secretly(t, "${@secret:k.e-y}", `"k.e-y":"`+value+`"`), nil, "DPM3303", "k.e-y", "placeholder")
		}
	}),
	differs("TOK-17", "a placeholder in another case: refused too", func(t *testing.T) {
		faultyPlan(t, secretly(t, "${@secret:k}", `"k":" replace_me "`), nil, "DPM3303", "placeholder")
	}),
	passes("TOK-19", "a token and no secrets file: refused; key, file and --secrets-file are named", func(t *testing.T) {
		faultyPlan(t, secretly(t, "${@secret:redis_password}", ""), nil, "DPM3301", "redis_password", "secrets.json", "--secrets-file")
	}),
	passes("TOK-20", "neither token nor file: sound", func(t *testing.T) {
		secretly(t, "plain", "").plan(t)
	}),
	passes("TOK-22", "a token in the overlay of developer: refused there, and only there", func(t *testing.T) {
		p := newProject(t, plus(plain, `"services":{"w":{"image":"i"}},
"scenarios":{"developer":{"services":{"r":{"image":"i","environment":{"V":"${@secret:redis_password}"}}}}}`))
		faultyPlan(t, p, []string{"--scenario", "developer"}, "redis_password")
		p.plan(t, "--scenario", "server")
	}),
	passes("TOK-23", "a token in a hook: the value when it runs", func(t *testing.T) {
		p := newProject(t, plus(plain, `"hooks":{"post_prepare":[["sh","-c","printf %s \"$0\" > log","${@secret:web.token}"]]}`))
		p.write(t, ".odpm/secrets.json", secretsOf(`"web.token":"token-value"`))
		p.prepare(t, 0)
		wantText(t, p.read(t, "log"), "token-value")
	}),

	passes("SEC-01", "required, a file with a placeholder, no keys: no issue", func(t *testing.T) {
		if list := blockOf(t, `"secrets":{"required":true}`, "developer").Unmet("developer", secretsFile(t, `"a":"REPLACE_ME"`), nil); len(list) != 0 {
			t.Error(text(list))
		}
	}),
	passes("SEC-02", "required, no file, a template: one issue with scenario, its key and its name", func(t *testing.T) {
		example := secrets.ExampleKeys([]byte(secretsOf(`"payment.api_key":"REPLACE_ME"`)))
		wantIssue(t, blockOf(t, `"secrets":{"required":true}`, "server").Unmet("server", nil, example), "server", "payment.api_key", "secrets.example.json")
	}),
	passes("SEC-04", "a placeholder under a listed key: one issue", func(t *testing.T) {
		wantIssue(t, blockOf(t, apiKey, "developer").Unmet("developer", secretsFile(t, `"payment.api_key":"REPLACE_ME"`), nil), "payment.api_key", "placeholder")
	}),
	passes("SEC-05", "a listed key that is absent: one issue, missing", func(t *testing.T) {
		wantIssue(t, blockOf(t, apiKey, "developer").Unmet("developer", secretsFile(t, ""), nil), "payment.api_key", "missing")
	}),
	passes("SEC-07", "ci mounts nothing: no issue", func(t *testing.T) {
		if list := blockOf(t, apiKey, "ci").Unmet("ci", nil, nil); len(list) != 0 {
			t.Error(text(list))
		}
	}),
	passes("SEC-08", "an overlay that says required: false keeps the keys", func(t *testing.T) {
		b := blockOf(t, `"secrets":{"required":true,"keys":["a","b"]},"scenarios":{"developer":{"secrets":{"required":false}}}`, "developer")
		if b.Required || !slices.Equal(b.Keys, []string{"a", "b"}) {
			t.Errorf("%+v", b)
		}
	}),
	passes("SEC-10", "a start without a required key: status 1 before pre_up, the key is named", func(t *testing.T) {
		p := newProject(t, plus(plain, apiKey+`,"services":{"w":{"image":"i"}},"hooks":{"pre_up":[["touch","started"]]}`))
		p.write(t, ".odpm/secrets.json", secretsOf(`"other":"value"`))
		if !p.plan(t).warns("payment.api_key") {
			t.Error("the plan does not warn")
		}
		status, _, stderr := p.devpm(t, "up", "--trust")
		if status != 1 || !strings.Contains(stderr, "payment.api_key") || p.has("started") {
			t.Errorf("%d\n%s", status, stderr)
		}
		p.prepare(t, 0) // with --skip-start it is not asked for
	}),
}
