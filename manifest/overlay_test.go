package manifest_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/manifest"
)

// rich is a manifest in which each overlay-able field differs in server.
const rich = `{"manifest_schema":2,"requires_odpm":"4.4","platform":{"git":"https://github.com/odoo/odoo.git 19.0"},
"python":"3.12","distro":{"name":"debian","version":"13"},"postgres":"15",
"dependencies":["https://h/o/a 19.0", "https://h/o/b 19.0"],
"requirements":["pkg-a"," pkg-b "],
"hooks":{"pre_up":[["base"]],"post_up":[["root"]]},
"services":{"mail":{"image":"mail:${UNSET}","ports":["1:1"]},"web":{"image":"web:1"}},
"service_patches":{"odoo":{"user":"1000:1000","environment":{"BASE":"1"}}},
"service_sources":{"shop":"https://h/o/shop 1"},
"odoo_conf":{"options":{"workers":2,"dbfilter":"^a$$"},"queue":{"channels":"root:1"}},
"secrets":{"required":true,"keys":["a","b"],"provider":{"type":"file"}},
"scenarios":{"server":{
  "dependencies":[" https://h/o/b 19.0","https://h/o/${C} 19.0"],
  "requirements":["pkg-b","pkg-c"],
  "hooks":{"pre_up":[["overlay"]]},
  "services":{"mail":{"image":"mail:${C}","source":"shop"},"adminer":{"image":"adminer"}},
  "service_patches":{"odoo":{"user":"0:0","environment":{"EXTRA":"2"}}},
  "service_sources":{"tool":"https://h/o/tool 1","shop":"https://h/o/shop 2"},
  "odoo_conf":{"options":{"workers":8,"proxy_mode":true}},
  "secrets":{"required":false,"keys":["b","c"],"provider":{"type":"infisical","host":"h"}}}}}`

func loadScenario(t *testing.T, src, scenario string, process ...string) (*manifest.Manifest, string) {
	t.Helper()
	var c diag.Collector
	m := manifest.Load("odpm.json", []byte(src), manifest.Options{Environment: environment(t, process...), HostArch: "amd64", Scenario: scenario}, &c)
	return m, report(&c)
}

// show writes a tree as one line, with the places of its scalars.
func show(n *manifest.Node) string {
	if n == nil {
		return "-"
	}
	var parts []string
	switch n.Kind {
	case manifest.Object:
		for _, m := range n.Members {
			parts = append(parts, m.Key+"="+show(m.Value))
		}
		return "{" + strings.Join(parts, " ") + "}"
	case manifest.Array:
		for _, item := range n.Items {
			parts = append(parts, show(item))
		}
		return "[" + strings.Join(parts, " ") + "]"
	default:
		return fmt.Sprintf("%s@%d", n.Text, n.Range.Start.Line)
	}
}

func TestAnOverlayCountsInItsScenarioOnly(t *testing.T) {
	m, got := loadScenario(t, rich, "server", "C=c")
	if got != "" {
		t.Fatal(got) // in particular: the service that is replaced needs no UNSET
	}
	var lists []string
	for _, text := range append(m.Dependencies, m.Requirements...) {
		lists = append(lists, fmt.Sprintf("%s %s@%d", text.Path, text.Value, text.Range.Start.Line))
	}
	want := []string{
		"dependencies[0] https://h/o/a 19.0@3", "dependencies[1] https://h/o/b 19.0@3", "scenarios.server.dependencies[1] https://h/o/c 19.0@12",
		"requirements[0] pkg-a@4", "requirements[1] pkg-b@4", "scenarios.server.requirements[1] pkg-c@13",
	}
	if d := cmp.Diff(want, lists); d != "" {
		t.Error(d)
	}
	for _, tc := range []struct{ name, got, want string }{
		{"services", show(m.Services), "{mail={image=mail:c@15} web={image=web:1@6} adminer={image=adminer@15}}"},
		{"sources", show(m.ServiceSources), "{shop=https://h/o/shop 2@17 tool=https://h/o/tool 1@17}"},
		{"odoo_conf", show(m.OdooConf), "{options={workers=8@18 dbfilter=^a$@9 proxy_mode=true@18} queue={channels=root:1@9}}"},
		{"secrets", show(m.Secrets), "{required=false@19 keys=[a@10 b@10 c@19] provider={type=infisical@19 host=h@19}}"},
		{"first patches", m.Patches[0].Path + show(m.Patches[0].Patches), "service_patches{odoo={user=1000:1000@7 environment={BASE=1@7}}}"},
		{"second patches", m.Patches[1].Path + show(m.Patches[1].Patches), "scenarios.server.service_patches{odoo={user=0:0@16 environment={EXTRA=2@16}}}"},
	} {
		if tc.got != tc.want {
			t.Errorf("%s\n got %s\nwant %s", tc.name, tc.got, tc.want)
		}
	}
	var hooks []string
	for _, e := range append(m.Hooks["pre_up"], m.Hooks["post_up"]...) {
		hooks = append(hooks, e.Path+" "+e.Run[0].Value)
	}
	if d := cmp.Diff([]string{"hooks.pre_up[0] base", "scenarios.server.hooks.pre_up[0] overlay", "hooks.post_up[0] root"}, hooks); d != "" {
		t.Error(d)
	}
	if !m.Overlaid(m.Services.Get("mail").Range) || m.Overlaid(m.Services.Get("web").Range) {
		t.Error("mail comes from the overlay, web does not")
	}

	m, got = loadScenario(t, rich, "ci", "UNSET=u")
	if got != "" || show(m.Services) != "{mail={image=mail:u@5 ports=[1:1@5]} web={image=web:1@5}}" && len(m.Services.Members) != 2 || len(m.Patches) != 1 || len(m.Dependencies) != 2 {
		t.Errorf("ci has the root alone: %s %s", show(m.Services), got)
	}
}

func TestAFaultOfAnOverlayIsToldOnceWithItsOwnPath(t *testing.T) {
	for _, tc := range []struct{ name, overlay, want string }{
		{"a variable", `{"developer":{"services":{"w":{"image":"${NO}"}}}}`, "error DPM1501: scenarios.developer.services.w.image: "},
		{"of another scenario only", `{"ci":{"services":{"w":{"image":"${NO}"}}}}`, ""},
		{"a patch of nothing", `{"developer":{"service_patches":{"nope":{"tty":true}}}}`, "error DPM1302: scenarios.developer.service_patches.nope: "},
		{"a patch of the overlay's service", `{"developer":{"services":{"w":{"image":"i"}},"service_patches":{"w":{"tty":true}}}}`, ""},
		{"depends_on", `{"developer":{"services":{"w":{"image":"i","depends_on":["nope"]}}}}`, "error DPM1303: scenarios.developer.services.w.depends_on[0]: "},
		{"a link", `{"developer":{"dependencies":["https://h/o/r a b c d"]}}`, "error DPM1706: scenarios.developer.dependencies[0]: "},
		{"a blank item", `{"developer":{"requirements":[" "]}}`, "warning DPM1707: scenarios.developer.requirements[0]: "},
		{"a source", `{"ci":{"services":{"w":{"image":"i","source":"nope"}}}}`, "error DPM1304: scenarios.ci.services.w.source: "},
		{"a source of the root", `{"ci":{"services":{"w":{"image":"i","source":"shop"}}}}`, ""},
		{"a hook of another scenario", `{"ci":{"hooks":{"pre_up":[{"run":["x"],"timeout":"5"}]}}}`, "error DPM1402: scenarios.ci.hooks.pre_up[0].timeout: "},
		{"a hook in a service of another scenario", `{"ci":{"hooks":{"post_up":[{"run":["x"],"service":"later"}]}}}`, ""},
		{"an unknown key", `{"ci":{"platform":{"git":"x"}}}`, "error DPM1201: scenarios.ci.platform: "},
		{"a reserved name", `{"ci":{"services":{"db":{"image":"i"}}}}`, "error DPM1301: scenarios.ci.services.db: "},
		{"a frozen option", `{"ci":{"odoo_conf":{"options":{"Data_Dir":"x"}}}}`, "error DPM1720: scenarios.ci.odoo_conf.options.Data_Dir: the option Data_Dir is frozen in the scenario ci: "},
		{"a database option in ci", `{"ci":{"odoo_conf":{"options":{"db_host":"x"}}}}`, ""},
		{"the same in server", `{"server":{"odoo_conf":{"options":{"db_host":"x"}}}}`, "error DPM1720: scenarios.server.odoo_conf.options.db_host: the option db_host is frozen in the scenario server: "},
		{"another section", `{"server":{"odoo_conf":{"queue":{"db_host":"x"}}}}`, ""},
	} {
		_, got := load(t, plus(odoo, `"service_sources":{"shop":"https://h/o/r"},"scenarios":`+tc.overlay))
		if tc.want == "" && got != "" || !strings.Contains(got, tc.want) || strings.Count(got, "DPM") > 1 {
			t.Errorf("%s: got\n%swant %q", tc.name, got, tc.want)
		}
	}
	_, got := load(t, plus(odoo, `"odoo_conf":{"options":{"db_host":"x","http_port":1}},"scenarios":{"ci":{},"developer":{}}`))
	for _, want := range []string{"odoo_conf.options.db_host: the option db_host is frozen in the scenarios developer and server: ", "http_port is frozen in the scenarios developer, server and ci: "} {
		if strings.Count(got, want) != 1 {
			t.Errorf("%q is not there once:\n%s", want, got)
		}
	}
}

func TestTheNetworkStackNeedsSomethingThatMakesIt(t *testing.T) {
	for _, tc := range []struct {
		src, network string
		warns        bool
	}{
		{services(`"services":{"w":{"image":"i","networks":["stack"]}}`), "", true},
		{services(`"services":{"w":{"image":"i","networks":{"stack":{}}}}`), "", true},
		{services(`"services":{"w":{"image":"i","networks":["stack"]}}`), "stack", false},
		{services(`"services":{"w":{"image":"i","networks":["stack"]}},"networks":{"stack":{}}`), "", false},
		{services(`"services":{"w":{"image":"i","networks":["other"]}}`), "", false},
	} {
		var c diag.Collector
		manifest.Load("odpm.json", []byte(tc.src), manifest.Options{Environment: environment(t), Names: manifest.Names{Network: manifest.Choice{Value: tc.network}}}, &c)
		if got := report(&c); strings.Contains(got, "warning DPM1721") != tc.warns || c.HasErrors() {
			t.Errorf("%s: %s", tc.src, got)
		}
	}
}

func TestPathAtFindsTheInnermostValue(t *testing.T) {
	var c diag.Collector
	d := manifest.Parse("odpm.json", []byte("{\"a\": {\"b.c\": [1,\n {\"d\": true}]}}"), &c)
	for at, want := range map[diag.Position]string{
		{Line: 1, Column: 2}: "a", {Line: 1, Column: 9}: `a."b.c"`, {Line: 1, Column: 16}: `a."b.c"[0]`, {Line: 2, Column: 4}: `a."b.c"[1].d`,
		{Line: 2, Column: 9}: `a."b.c"[1].d`, {Line: 1, Column: 1}: "", {Line: 9, Column: 1}: "",
	} {
		if got := d.PathAt(at); got != want {
			t.Errorf("%v: got %q, want %q", at, got, want)
		}
	}
}
