package conformance

import (
	"encoding/json"
	"testing"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/manifest"
)

// given is the environment of the group EXP.
func given(process ...string) environment {
	return environment{
		process: append([]string{"GIT_HOST=git.company.example"}, process...),
		project: "ODOO_PLATFORM_DIR=/home/dev/odoo/19.0\n",
		home:    "HOME_ONLY=from home\n",
	}
}

var expansionCases = []testCase{
	passes("EXP-01", "file://${ODOO_PLATFORM_DIR} in platform.git", func(t *testing.T) {
		m := accept(t, changed(t, "https://github.com/odoo/odoo.git 19.0", "file://${ODOO_PLATFORM_DIR}"), given())
		wantText(t, m.Platform.Git.Value, "file:///home/dev/odoo/19.0")
	}),
	passes("EXP-02", "a host from the process environment, in a dependency", func(t *testing.T) {
		wantText(t, dependency(t, "https://${GIT_HOST}/company/extra.git 17.0"), "https://git.company.example/company/extra.git 17.0")
	}),
	passes("EXP-04", "a key that only ~/.odpm/.env has", becomes("${HOME_ONLY}", "from home")),
	passes("EXP-05", "an unset variable with a default, in a link", func(t *testing.T) {
		wantText(t, dependency(t, "file://${MISSING:-/default/path}"), "file:///default/path")
	}),
	passes("EXP-07", "$$ is a dollar sign", becomes("cost is $$100", "cost is $100")),
	passes("EXP-08", "$$ before an expression", becomes("file://$$${ODOO_PLATFORM_DIR}", "file://$/home/dev/odoo/19.0")),
	passes("EXP-10", "odoo_version and requirements are never expanded", func(t *testing.T) {
		m := accept(t, changed(t, `"requirements":[]`, `"requirements":["${P}"],"odoo_version":"17.${X}"`), given())
		wantText(t, m.OdooVersion, "17.${X}")
		wantText(t, m.Requirements[0].Value, "${P}")
	}),
	passes("EXP-11", "two dependencies, one with a variable", func(t *testing.T) {
		m := accept(t, changed(t, `"dependencies":[]`, `"dependencies":["file://${DEP}","https://github.com/OCA/sale.git 17.0"]`), given("DEP=/src/dep"))
		wantText(t, m.Dependencies[0].Value, "file:///src/dep")
		wantText(t, m.Dependencies[1].Value, "https://github.com/OCA/sale.git 17.0")
	}),
	passes("EXP-13", "networks of a service", func(t *testing.T) {
		m := accept(t, with(`"services":{"w":{"image":"i","networks":["${PROXY_NETWORK}"]}},"networks":{"proxy":{}}`), given("PROXY_NETWORK=proxy"))
		wantText(t, m.Services.Get("w").Get("networks").Items[0].Text, "proxy")
	}),
	passes("EXP-14", "hostname and healthcheck; numbers stay numbers", func(t *testing.T) {
		m := accept(t, with(`"services":{"s3":{"image":"i","hostname":"${SIDECAR_HOST}","healthcheck":{"test":["CMD","curl","http://${HC_HOST}:9000/live"],"interval":"${HC_INTERVAL:-30s}","retries":3}}}`),
			given("SIDECAR_HOST=store", "HC_HOST=localhost"))
		s3 := m.Services.Get("s3")
		check := s3.Get("healthcheck")
		wantText(t, s3.Get("hostname").Text, "store")
		wantText(t, check.Get("test").Items[2].Text, "http://localhost:9000/live")
		wantText(t, check.Get("interval").Text, "30s")
		if r := check.Get("retries"); r.Kind != manifest.Number || r.Text != "3" {
			t.Errorf("retries %+v", r)
		}
	}),
	passes("EXP-16", "odoo_conf with a variable and a final $, which stays", func(t *testing.T) {
		m := accept(t, dbfilter, given("PREVIEW_HOSTNAME=pr-42.preview.local"))
		wantText(t, m.OdooConf.Get("options").Get("dbfilter").Text, "^pr-42.preview.local$")
	}),
	passes("EXP-17", "the same with the variable unset: refused, the variable is named", func(t *testing.T) {
		_, list := load(t, dbfilter, given())
		wantError(t, list, diag.ManifestUnset, "PREVIEW_HOSTNAME", "odoo_conf.options.dbfilter")
	}),
	passes("EXP-19", "without an environment, expressions stay", func(t *testing.T) {
		m, list := loadWith(with(`"services":{"w":{"image":"${UNSET}:1"}}`), manifest.Options{HostArch: "amd64"})
		if list.HasErrors() {
			t.Fatal(text(list))
		}
		wantText(t, m.Services.Get("w").Get("image").Text, "${UNSET}:1")
	}),
	differs("EXP-20", "${E:-x} with an empty E is x", becomes("${E:-x}", "x", "E=")),
	differs("EXP-22", "${B-x} is an operator: x when B is unset, else B", func(t *testing.T) {
		becomes("${B-x}", "x")(t)
		becomes("${B-x}", "set", "B=set")(t)
		becomes("${B-x}", "", "B=")(t)
	}),
	differs("EXP-23", "${B:?need} is an error when B is unset, ${B:+x} is x when it is set", func(t *testing.T) {
		faulty("${B:?need}", diag.ManifestRequiredUnset, "B", "need")(t)
		becomes("${B:?need}", "set", "B=set")(t)
		becomes("${B:+x}", "")(t)
		becomes("${B:+x}", "x", "B=set")(t)
	}),
	differs("EXP-25", "${A:-${B}} nests", func(t *testing.T) {
		becomes("${A:-${B}}", "1", "A=1")(t)
		becomes("${A:-${B}}", "2", "B=2")(t)
	}),
	passes("EXP-26", "a default with colons", becomes("${B:-http://h:80/p}", "http://h:80/p")),
	passes("EXP-28", "${ A }: refused", faulty("${ A }", diag.ManifestExpression, "${ A }")),
	passes("EXP-29", "$${A} and $$$$ are literal", func(t *testing.T) {
		becomes("$${A}", "${A}", "A=1")(t)
		becomes("$$$$", "$$")(t)
	}),
	passes("EXP-31", "${@foo}: refused", faulty("${@foo}", diag.ManifestExpression, "@foo")),
	differs("EXP-32", "${@secret:k:-d}: refused", faulty("${@secret:k:-d}", diag.ManifestExpression, "@secret:k:-d")),
}

var dbfilter = with(`"odoo_conf":{"options":{"dbfilter":"^${PREVIEW_HOSTNAME}$"}}`)

// value is a manifest whose service has one environment value.
func value(raw string) string {
	quoted, err := json.Marshal(raw)
	if err != nil {
		panic(err) // a string can always be marshalled
	}
	return with(`"services":{"w":{"image":"i","environment":{"V":` + string(quoted) + `}}}`)
}

// becomes wants a string to expand in the environment of the group, with more
// process variables.
func becomes(raw, want string, process ...string) func(*testing.T) {
	return func(t *testing.T) {
		t.Helper()
		m := accept(t, value(raw), given(process...))
		wantText(t, m.Services.Get("w").Get("environment").Get("V").Text, want)
	}
}

// faulty wants one error for a string, at its path.
func faulty(raw string, code diag.Code, words ...string) func(*testing.T) {
	return func(t *testing.T) {
		t.Helper()
		_, list := load(t, value(raw), given())
		wantError(t, list, code, append(words, "services.w.environment.V")...)
	}
}

// dependency is the value of the only dependency of a manifest.
func dependency(t *testing.T, raw string) string {
	t.Helper()
	return accept(t, changed(t, `"dependencies":[]`, `"dependencies":["`+raw+`"]`), given()).Dependencies[0].Value
}

func wantText(t *testing.T, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// tokenCases are those of the group TOK whose parts exist.
var tokenCases = []testCase{
	passes("TOK-01", "${@source:autoparts_env}/data with its variable set", becomes("${@source:autoparts_env}/data", "/opt/autoparts/data", "ODPM_SOURCE_AUTOPARTS_ENV=/opt/autoparts")),
	passes("TOK-02", "${@source:autoparts_env} with nothing set: refused, the source is named", faulty("${@source:autoparts_env}", diag.ManifestSourceUnset, "autoparts_env")),
	passes("TOK-05", "a source and a variable in one string", becomes("${@source:autoparts_env}/${DATA_SUBDIR}", "/opt/a/data", "ODPM_SOURCE_AUTOPARTS_ENV=/opt/a", "DATA_SUBDIR=data")),
	passes("TOK-07", "${@service:db} and ${@service:odoo} with a prefix", func(t *testing.T) {
		wantService(t, "ODPM_COMPOSE_PREFIX=acme", "${@service:db}", "acme-db")
		wantService(t, "ODPM_COMPOSE_PREFIX=acme", "http://${@service:odoo}:8069", "http://acme-odoo:8069")
	}),
	passes("TOK-08", "${@service:mailpit} is mailpit", becomes("${@service:mailpit}", "mailpit")),
	passes("TOK-10", "${@service:db} with POSTGRES_SERVICE_NAME", func(t *testing.T) {
		wantService(t, "POSTGRES_SERVICE_NAME=pg", "${@service:db}", "pg")
	}),
	passes("TOK-11", "${@service:db} where nothing says what services are called: refused, service and field are named", func(t *testing.T) {
		var c diag.Collector
		manifest.NewExpander(environment{}.build(t), manifest.Tokens{}).Expand("${@service:db}", diag.Range{}, "services.w.image", &c)
		wantError(t, c.List(), diag.ServiceNameUnknown, "db", "services.w.image")
	}),
	passes("TOK-26", "a service whose source is not declared: refused", func(t *testing.T) {
		refused(t, with(`"services":{"w":{"image":"i","source":"missing_env"}}`), diag.ManifestUnknownSource, "missing_env", "services.w.source")
	}),
	passes("TOK-28", "a blank link in service_sources: refused", func(t *testing.T) {
		refused(t, with(`"service_sources":{"autoparts_env":"  "}`), diag.ManifestLink, "service_sources.autoparts_env")
	}),
	passes("TOK-29", "links in service_sources expand", func(t *testing.T) {
		m := accept(t, with(`"service_sources":{"tool":"https://${GIT_HOST}/org/x.git 17.0"}`), given())
		wantText(t, m.ServiceSources.Get("tool").Text, "https://git.company.example/org/x.git 17.0")
	}),
}
