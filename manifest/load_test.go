package manifest_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/manifest"
)

// odoo is the smallest manifest of the odoo stack (M of the conformance cases).
const odoo = `{"manifest_schema":2,"requires_odpm":"4.4","platform":{"git":"https://github.com/odoo/odoo.git 19.0"},
"python":"3.12","distro":{"name":"debian","version":"13"},"postgres":"15","dependencies":[],"requirements":[]}`

// plus adds top-level members to a manifest.
func plus(base, members string) string {
	return strings.TrimSuffix(base, "}") + "," + members + "}"
}

// services is a manifest without a stack.
func services(members string) string {
	return `{"manifest_schema":2,"requires_odpm":"4.8.0","stack":"none",` + members + `}`
}

func environment(t *testing.T, process ...string) *manifest.Environment {
	t.Helper()
	var c diag.Collector
	e := manifest.NewEnvironment(process, nil, &c)
	if len(c.List()) > 0 {
		t.Fatal(report(&c))
	}
	return e
}

func load(t *testing.T, src string, process ...string) (*manifest.Manifest, string) {
	t.Helper()
	var c diag.Collector
	m := manifest.Load("odpm.json", []byte(src), manifest.Options{Environment: environment(t, process...), HostArch: "amd64"}, &c)
	return m, report(&c)
}

func TestASmallManifestLoadsWithItsDefaults(t *testing.T) {
	m, got := load(t, odoo)
	if got != "" {
		t.Fatal(got)
	}
	for _, tc := range []struct{ name, got, want string }{
		{"stack", m.Stack, "odoo"}, {"version", m.OdooVersion, "19.0"}, {"python", m.Python, "3.12"},
		{"distro", m.Distro.Name + " " + m.Distro.Version, "debian 13"}, {"postgres", m.Postgres, "15"},
		{"platform", m.Platform.Git.Value, "https://github.com/odoo/odoo.git 19.0"}, {"build date", m.Platform.BuildDate.Value, "latest"},
		{"platform name", m.PlatformName, "odoo"}, {"architecture", m.Arch, "amd64"}, {"scenario", m.Scenario, "developer"}, {"requires", m.RequiresODPM, "4.4"},
		{"path", m.Platform.Git.Path, "platform.git"}, {"place", m.Platform.Git.Range.String(), "odpm.json:1:62"},
	} {
		if tc.got != tc.want {
			t.Errorf("%s: got %q, want %q", tc.name, tc.got, tc.want)
		}
	}
}

func TestTheOdooVersionIsTheBranchNotTheCommit(t *testing.T) {
	for git, want := range map[string]string{
		"https://h/o/r":                   "0.0",
		"https://h/o/r 18.0":              "18.0",
		"https://h/o/r 18.0 abcdef012345": "18.0",
		"https://h/o/r ${BRANCH}":         "17.0",
	} {
		m, got := load(t, strings.Replace(odoo, "https://github.com/odoo/odoo.git 19.0", git, 1), "BRANCH=17.0")
		if m == nil || got != "" || m.OdooVersion != want {
			t.Errorf("%s: got %q, want %q; %s", git, m.OdooVersion, want, got)
		}
	}
	if m, _ := load(t, plus(odoo, `"odoo_version": 17.0`)); m.OdooVersion != "17.0" {
		t.Errorf("a number is kept as written: %q", m.OdooVersion)
	}
}

func TestEachFaultGivesOneDiagnosticAtItsPlace(t *testing.T) {
	for _, tc := range []struct{ name, src, want string }{
		{"an unknown key", plus(odoo, "\n\"extra_field\":1"), `3:1: error DPM1201: extra_field: the key "extra_field" is not known here`},
		{"a key in the wrong case", services("\n\"Services\": {}"), "2:1: error DPM1201: Services: the key \"Services\" is not known here\n    fix: did you mean \"services\"?"},
		{"a misspelt key", services("\n\"servces\": {}"), "2:1: error DPM1201: servces: the key \"servces\" is not known here\n    fix: did you mean \"services\"?"},
		{"missing keys", `{"manifest_schema":2,"requires_odpm":"4.4","stack":"odoo","platform":{"git":"https://h/o/r"}}`,
			"1:1: error DPM1202: the keys \"python\", \"distro\" and \"postgres\" are missing (the stack is odoo)\n    fix: add \"python\", \"distro\" and \"postgres\""},
		{"missing keys without a stack", `{"manifest_schema":2,"requires_odpm":"4.4","python":"3.12"}`,
			"1:1: error DPM1202: the keys \"platform\", \"distro\" and \"postgres\" are missing (the file has keys of the odoo stack)"},
		{"a missing key below", strings.Replace(odoo, `"name":"debian",`, "", 1), "2:17: error DPM1202: distro: the key \"name\" is missing\n    fix: add \"name\""},
		{"a number for a text", strings.Replace(odoo, `"15"`, "15", 1), "2:70: error DPM1203: postgres: a string is expected, not a number\n    fix: put it in quotes: \"15\""},
		{"a text for a list", services(`"services":{"w":{"image":"i","ports":"80:80"}}`), `error DPM1203: services.w.ports: a list is expected, not a string`},
		{"a shell command", services(`"services":{"w":{"image":"i","command":"sleep 1"}}`), "error DPM1203: services.w.command: a list is expected, not a string\n    fix: write the arguments as a list: [\"sleep\", \"1\"]"},
		{"a shell command with operators", services(`"services":{"w":{"image":"i","command":"a && b"}}`), "fix: write the arguments as a list: [\"sh\", \"-c\", \"a && b\"]"},
		{"a text for a boolean", services(`"services":{"w":{"image":"i","tty":"true"}}`), "error DPM1203: services.w.tty: true or false is expected, not a string\n    fix: write it without quotes: true"},
		{"an empty command", services(`"services":{"w":{"image":"i","command":[]}}`), `error DPM1204: services.w.command: the list is empty`},
		{"no retries", services(`"services":{"w":{"image":"i","healthcheck":{"retries":0}}}`), "error DPM1204: services.w.healthcheck.retries: 0 is too small\n    fix: write 1 or more"},
		{"an unknown key of a health check", services(`"services":{"w":{"image":"i","healthcheck":{"intervall":"3s"}}}`), `fix: did you mean "interval"?`},
		{"no image", services(`"services":{"w":{"ports":[]}}`), "1:73: error DPM1202: services.w: the service has no image\n    fix: add \"image\", or \"build\" to build one"},
		{"a misspelt image", services(`"services":{"w":{"Image":"i"}}`), `fix: did you mean "image" where it says "Image"?`},
		{"a name that is a path", services(`"services":{"../x":{"image":"i"}}`), `error DPM1205: services."../x": "../x" is not a name`},
		{"an empty key", services(`"services":{"":{"image":5}}`), `1:73: error DPM1205: the key is empty`},
		{"a source's name", services(`"service_sources":{"My":"https://h/o/r"}`), `error DPM1205: service_sources.My: "My" is not the name of a source`},
		{"a stack's name", `{"manifest_schema":2,"requires_odpm":"4.8.0","stack":"My Stack"}`, `error DPM1205: stack: "My Stack" is not the name of a stack`},
		{"source in a patch", plus(odoo, `"service_patches":{"odoo":{"source":"x"}}`), `error DPM1207: service_patches.odoo.source: the key does not belong in a patch`},
		{"an empty patch", plus(odoo, `"service_patches":{"odoo":{}}`), `error DPM1204: service_patches.odoo: the object is empty`},
		{"a misspelt operation", plus(odoo, `"service_patches":{"odoo":{"ports":{"$apend":["1:1"]}}}`), `fix: did you mean "$append"?`},
		{"an operation without a list", plus(odoo, `"service_patches":{"odoo":{"cap_add":{"$append":"X"}}}`), `error DPM1203: service_patches.odoo.cap_add.$append: a list is expected, not a string`},
		{"a hook that is a number", services(`"hooks":{"pre_up":[123]}`), `error DPM1203: hooks.pre_up[0]: a list, a string or an object is expected, not a number`},
		{"an unknown phase", services(`"hooks":{"preup":[]}`), `fix: did you mean "pre_up"?`},
		{"an empty hook", services(`"hooks":{"pre_up":[[]]}`), `error DPM1204: hooks.pre_up[0]: the list is empty`},
		{"a blank plugin", services(`"hooks":{"pre_up":["  "]}`), `error DPM1405: hooks.pre_up[0]: the plugin id is empty`},
		{"a hook without a program", services(`"hooks":{"pre_up":[["", "x"]]}`), `error DPM1405: hooks.pre_up[0][0]: the command names no program`},
		{"a hook with both", services(`"hooks":{"pre_up":[{"run":["x"],"plugin":"y"}]}`), `error DPM1206: hooks.pre_up[0]: "run" and "plugin" exclude each other`},
		{"a hook with neither", services(`"hooks":{"pre_up":[{"name":"x"}]}`), `error DPM1206: hooks.pre_up[0]: neither "run" nor "plugin" is given`},
		{"a hook in a service before it runs", services(`"services":{"w":{"image":"i"}},"hooks":{"pre_up":[{"run":["x"],"service":"w"}]}`), `error DPM1401: hooks.pre_up[0].service: no service runs in the phase pre_up`},
		{"a hook in no service", services(`"services":{"web":{"image":"i"}},"hooks":{"post_up":[{"run":["x"],"service":"wbe"}]}`), "error DPM1404: hooks.post_up[0].service: the hook names the service \"wbe\", which does not exist"},
		{"a timeout without a unit", services(`"hooks":{"pre_up":[{"run":["x"],"timeout":"90"}]}`), `error DPM1402: hooks.pre_up[0].timeout: "90" is not a duration`},
		{"a shell operator", services(`"hooks":{"pre_up":[["docker","network","create","n","||","true"]]}`),
			"warning DPM1403: hooks.pre_up[0][4]: \"||\" is passed to docker literally: there is no shell\n    fix: write {\"run\": [\"docker\", \"network\", \"create\", \"n\"], \"continue_on_error\": true}"},
		{"a reserved name", plus(odoo, "\n\"services\":{\"postgres\":{\"image\":\"i\"}}"), "3:13: error DPM1301: services.postgres: the name \"postgres\" is reserved: the stack odoo provides this service\n    fix: change the built-in service in service_patches.db, or take another name"},
		{"a reserved name in an overlay", plus(odoo, `"scenarios":{"ci":{"services":{"db":{"image":"i"}}}}`), `error DPM1301: scenarios.ci.services.db: the name "db" is reserved`},
		{"a patch of nothing", plus(odoo, `"service_patches":{"redis":{"image":"i"}}`), "error DPM1302: service_patches.redis: a patch names the service \"redis\", which does not exist\n    fix: known services are db and odoo"},
		{"a patch of postgres", plus(odoo, `"service_patches":{"postgres":{"image":"i"}}`), "fix: write \"db\": that is what the stack calls its PostgreSQL service"},
		{"a dependency on nothing", plus(odoo, `"services":{"w":{"image":"i","depends_on":["od00"]}}`), "error DPM1303: services.w.depends_on[0]: depends_on names the service \"od00\", which does not exist"},
		{"a long dependency on nothing", services(`"services":{"w":{"image":"i","depends_on":{"x":{"condition":"service_started"}}}}`), `error DPM1303: services.w.depends_on.x: depends_on names the service "x"`},
		{"an appended dependency on nothing", plus(odoo, `"service_patches":{"odoo":{"depends_on":{"$append":["x"]}}}`), `error DPM1303: service_patches.odoo.depends_on.$append[0]: depends_on names the service "x"`},
		{"an unknown source", services(`"service_sources":{"shop":"https://h/o/r"},"services":{"w":{"image":"i","source":"shp"}}`), "error DPM1304: services.w.source: service_sources has no entry \"shp\"\n    fix: did you mean \"shop\"?"},
		{"a distribution", strings.Replace(odoo, "debian", "ubuntu", 1), `error DPM1702: distro.name: the distribution "ubuntu" is not supported`},
		{"a release", strings.Replace(odoo, `"13"`, `"14"`, 1), `error DPM1702: distro.version: Debian "14" is not supported`},
		{"a strange python", strings.Replace(odoo, "3.12", "cpython", 1), `warning DPM1703: python: "cpython" does not look like a Python version`},
		{"a strange architecture", plus(odoo, `"arch":"x86"`), `warning DPM1703: arch: "x86" does not look like an architecture`},
		{"a malformed link", plus(odoo, `"developing":{"git":"/srv/x"}`), `error DPM1706: developing.git: "/srv/x" is a path, not a git link`},
		{"an empty dependency", strings.Replace(odoo, `"dependencies":[]`, `"dependencies":[" "]`, 1), `warning DPM1707: dependencies[0]: the entry is empty and is ignored`},
		{"SCN-17: a key that no overlay has", plus(odoo, `"scenarios":{"ci":{"platform":{}}}`), `error DPM1201: scenarios.ci.platform: the key "platform" is not known here`},
		{"no stack", `{"manifest_schema":2,"requires_odpm":"4.5.0"}`, `1:1: notice DPM1701: stack: no stack is named and there is no platform`},
		{"only the schema number is missing", `{"requires_odpm":"4.5.0","stack":"none"}`, `1:1: error DPM1202: manifest_schema: the key "manifest_schema" is missing`},
		{"an image that expands to nothing", services(`"services":{"w":{"image":"${I:-}"}}`), `error DPM1208: services.w.image: the image is empty after expansion of "${I:-}"`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, got := load(t, tc.src)
			if !strings.Contains(got, tc.want) {
				t.Errorf("got:  %s\nwant: %s", got, tc.want)
			}
			if n := strings.Count(got, "odpm.json:"); n != 1 {
				t.Errorf("%d diagnostics, want 1:\n%s", n, got)
			}
			if !strings.Contains(got, "fix: ") {
				t.Errorf("no fix: %s", got)
			}
		})
	}
}

func TestTargetsOfExtensionsAreOnlyWarnedAbout(t *testing.T) {
	src := plus(odoo, `"service_patches":{"mail":{"image":"i"}},"services":{"w":{"image":"i","depends_on":["mail"]}}`)
	var c diag.Collector
	manifest.Load("odpm.json", []byte(src), manifest.Options{Environment: environment(t), Extended: true}, &c)
	if c.HasErrors() || c.List().Count(diag.Warning) != 2 {
		t.Error(report(&c))
	}
	_, got := load(t, strings.Replace(services(`"service_patches":{"web":{"image":"i"}}`), `"none"`, `"shop"`, 1))
	if !strings.Contains(got, "warning DPM1302") {
		t.Errorf("a stack of an extension: %s", got)
	}
}

func TestCorrectFormsGiveNoDiagnostic(t *testing.T) {
	for name, src := range map[string]string{
		"every service attribute in long form": services(`"services":{"w":{"build":{"context":"."},"ports":[{"target":80}],"environment":["A=1"],"labels":{"a":"b"},
			"depends_on":{"x":{"condition":"service_healthy"},"y":{"condition":"service_started","required":false}},"networks":{"n":null},"volumes":[{"type":"tmpfs","target":"/t"}]},
			"x":{"image":"i","environment":{"A":1,"B":true,"C":null}}},"networks":{"n":{}},"volumes":{"v":null},"configs":{"c":{"file":"f"}},"x-note":1,"$schema":"s"`),
		"hooks in every form": services(`"services":{"w":{"image":"i"}},"hooks":{"post_clone":[["a"]],"post_prepare":["p"],"pre_up":[{"run":["a"],"timeout":"1d2h","continue_on_error":true,"name":"n"}],
			"post_up":[{"run":["a"],"service":"w"}],"pre_down":[{"plugin":"p","timeout":"500ms"}],"post_down":[["find",".","-exec","rm","{}",";"]]}`),
		"patches with operations": plus(odoo, `"service_patches":{"odoo":{"ports":{"$append":["1:1"],"$remove":["2:2"]},"environment":{"$append":["A=1"]},"command":{"$append":["-d"]},
			"healthcheck":{"test":{"$append":["x"]}},"deploy":{"placement":{"constraints":{"$remove":["x"]}}}},"db":{"depends_on":{"$remove":["gone"]},"labels":{"a":"b"}}}`),
		"names that differ from reserved ones in case": plus(odoo, `"services":{"DB":{"image":"i"},"Odoo":{"image":"i"}}`),
		"reserved names without the stack":             services(`"services":{"db":{"image":"i"},"odoo":{"image":"i","depends_on":["db"]}}`),
		"scenarios of others":                          plus(odoo, `"scenarios":{"ci":{"requirements":["y"]},"developer":{}}`),
		"an extension":                                 services(`"extensions":{"local":["a"],"require":{"x":"^1.0","y":{"version":"1","source":"./y.zip"}}}`),
	} {
		t.Run(name, func(t *testing.T) {
			if _, got := load(t, src); got != "" {
				t.Error(got)
			}
		})
	}
}

func TestHooksAreReadInTheOrderWritten(t *testing.T) {
	m, got := load(t, services(`"services":{"w":{"image":"i"}},"hooks":{"pre_up":["p1",["echo","${X}"],{"run":["c"],"timeout":"1m30s","continue_on_error":true,"name":"n"}],"post_up":[{"run":["a"],"service":"w"}]}`))
	if got != "" {
		t.Fatal(got)
	}
	h := m.Hooks[manifest.PreUp]
	if len(h) != 3 || h[0].Plugin != "p1" || len(h[0].Run) != 0 || h[1].Run[1].Value != "${X}" || h[1].Run[1].Path != "hooks.pre_up[1][1]" {
		t.Errorf("%+v", h)
	}
	if h[2].Timeout.String() != "1m30s" || !h[2].ContinueOnError || h[2].Name != "n" || h[2].Run[0].Path != "hooks.pre_up[2].run[0]" {
		t.Errorf("%+v", h[2])
	}
	if up := m.Hooks[manifest.PostUp]; len(up) != 1 || up[0].Service != "w" || up[0].Range.Start.Line != 1 {
		t.Errorf("%+v", up)
	}
}

func TestOnlyTheFieldsOfTheSpecExpand(t *testing.T) {
	base := strings.Replace(odoo, `"dependencies":[],"requirements":[]`, `"dependencies":["https://h/o/${X}"],"requirements":["${X}"]`, 1)
	src := plus(base, `"odoo_version":"17.${X}","developing":{"git":"https://h/o/${X}"},
		"odoo_conf":{"options":{"dbfilter":"^${X}$$","workers":2}},"service_sources":{"shop":"https://${X}/o/r"},"x-note":"${X}",
		"volumes":{"v":{"name":"${X}"}},"networks":{"n":{"name":"${X}"}},"configs":{"c":{"content":"${X}"}},
		"services":{"w":{"image":"i:${X}","source":"shop","labels":{"${X}":"${X}"},"environment":["A=${X}"],"healthcheck":{"test":["CMD","${X}"],"retries":3}}},
		"service_patches":{"odoo":{"environment":{"A":"${X}"},"ports":{"$append":["${X}:1"]}}}`)
	m, got := load(t, src, "X=v")
	if got != "" {
		t.Fatal(got)
	}
	for _, tc := range []struct{ name, got, want string }{
		{"odoo_version", m.OdooVersion, "17.${X}"}, {"requirements", m.Requirements[0].Value, "${X}"}, {"developing", m.Developing.Value, "https://h/o/${X}"},
		{"dependencies", m.Dependencies[0].Value, "https://h/o/v"}, {"as written", m.Dependencies[0].Raw, "https://h/o/${X}"},
		{"odoo_conf", m.OdooConf.Get("options").Get("dbfilter").Text, "^v$"}, {"sources", m.ServiceSources.Get("shop").Text, "https://v/o/r"}, {"extra", m.Extra[0].Value.Text, "${X}"},
		{"volumes", m.Volumes.Get("v").Get("name").Text, "v"}, {"networks", m.Networks.Get("n").Get("name").Text, "v"}, {"configs", m.Configs.Get("c").Get("content").Text, "v"},
		{"image", m.Services.Get("w").Get("image").Text, "i:v"}, {"image as written", m.Services.Get("w").Get("image").Raw, "i:${X}"},
		{"keys stay", m.Services.Get("w").Get("labels").Get("${X}").Text, "v"}, {"environment list", m.Services.Get("w").Get("environment").Items[0].Text, "A=v"},
		{"health check", m.Services.Get("w").Get("healthcheck").Get("test").Items[1].Text, "v"},
		{"patch", m.Patches[0].Patches.Get("odoo").Get("environment").Get("A").Text, "v"}, {"operation", m.Patches[0].Patches.Get("odoo").Get("ports").Get("$append").Items[0].Text, "v:1"},
		{"the document", m.Document.Root.Get("services").Get("w").Get("image").Text, "i:${X}"},
	} {
		if tc.got != tc.want {
			t.Errorf("%s: got %q, want %q", tc.name, tc.got, tc.want)
		}
	}
	if m.Services.Get("w").Get("source") != nil || m.Document.Root.Get("services").Get("w").Get("source") == nil {
		t.Error("source should be gone from the services and stay in the document")
	}
	if uses := m.Services.Get("w").Get("image").Uses; len(uses) != 1 || uses[0] != (manifest.Use{Name: "X", Origin: "environment"}) {
		t.Errorf("uses %+v", uses)
	}
}

func TestWithoutAnEnvironmentTokensStay(t *testing.T) {
	var c diag.Collector
	m := manifest.Load("odpm.json", []byte(plus(odoo, `"services":{"w":{"image":"${I}","depends_on":["${D}"]}},"service_sources":{"a":"${U}"}`)), manifest.Options{}, &c)
	if got := report(&c); got != "" || m.Services.Get("w").Get("image").Text != "${I}" {
		t.Error(got)
	}
}

func TestTheScenarioComesFromTheCommandLineThenTheFiles(t *testing.T) {
	for _, tc := range []struct{ flag, file, process, want, diagnostic string }{
		{"", "", "", "developer", ""},
		{"", "ODPM_SCENARIO=ci", "ODPM_SCENARIO=server", "ci", ""},
		{"server", "ODPM_SCENARIO=ci", "", "server", ""},
		{"", "A=1\nODPM_SCENARIO=sever", "", "developer", ".env:2:1: warning DPM1704: ODPM_SCENARIO: the scenario \"sever\" is not known; developer is used\n    fix: did you mean \"server\"?\n"},
		{"prod", "", "", "developer", "warning DPM1704: --scenario: the scenario \"prod\" is not known; developer is used\n    fix: known scenarios are ci, developer and server\n"},
	} {
		var c diag.Collector
		e := manifest.NewEnvironment([]string{tc.process}, []manifest.Layer{{Name: ".env", Data: []byte(tc.file)}}, &c)
		m := manifest.Load("odpm.json", []byte(odoo), manifest.Options{Environment: e, Scenario: tc.flag}, &c)
		if m.Scenario != tc.want || report(&c) != tc.diagnostic {
			t.Errorf("%+v: got %s, %s", tc, m.Scenario, report(&c))
		}
	}
}

func TestContractODPMRefusesDevpmsKeys(t *testing.T) {
	for src, want := range map[string]string{
		odoo:                                 "",
		plus(odoo, `"stack":"odoo"`):         `DPM1201: stack: the key "stack" is not known here`,
		plus(odoo, `"hooks":{"post_up":[]}`): `DPM1201: hooks.post_up: the key "post_up" is not known here`,
		services(`"services":{}`):            `DPM1202: the keys "platform", "python", "distro" and "postgres" are missing`,
		plus(odoo, `"services":{"w":{"image":"i","environment":["A=1"]}}`): `DPM1203: services.w.environment: an object is expected, not a list`,
	} {
		var c diag.Collector
		manifest.Load("odpm.json", []byte(src), manifest.Options{Contract: manifest.ContractODPM}, &c)
		if got := report(&c); !strings.Contains(got, want) || want == "" && got != "" {
			t.Errorf("%s\ngot %s, want %s", src, got, want)
		}
	}
}

func TestAFileFullOfFaultsIsJudgedQuickly(t *testing.T) {
	var b strings.Builder
	for i := range 20_000 {
		fmt.Fprintf(&b, `,"k%d":{"ports":5},"k%d":0`, i%10_000, i)
	}
	for _, src := range []string{services(b.String()[1:]), services(`"services":{` + b.String()[1:] + `}`)} {
		_, got := load(t, src)
		if n := strings.Count(got, "odpm.json:"); n < 100 || n > 4000 {
			t.Errorf("%d diagnostics", n)
		}
	}
}
