package compose

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/types"
	"github.com/google/go-cmp/cmp"

	"github.com/devpm/devpm/diag"
)

// found is a diagnostic in one line: code, line, path, message.
func found(l diag.List) []string {
	var out []string
	for _, d := range l {
		out = append(out, fmt.Sprintf("%s:%d %s: %s | %s", d.Code, d.Range.Start.Line, d.Path, d.Message, d.Fix))
	}
	return out
}

func TestSchemaFaultsAreSaidOnceAndPlaced(t *testing.T) {
	for _, c := range []struct {
		name, service string
		want          []string // code and line, path, a part of the message, a part of the fix
	}{
		{"an unknown attribute", `{"image": "x", "prots": ["80"], "tty": true}`,
			[]string{`DPM2205:2 services.w.prots: Compose knows no attribute "prots" here | did you mean "ports"?`}},
		{"an unknown attribute beside another fault", `{"image": "x", "prots": ["80"], "restart": true}`, []string{
			`DPM2205:2 services.w.prots: Compose knows no attribute "prots" here | did you mean "ports"?`,
			`DPM2203:2 services.w.restart: the value must be a string | `}},
		{"an attribute that resembles none", `{"image": "x", "qqqqqqqq": 1}`,
			[]string{`DPM2205:2 services.w.qqqqqqqq: Compose knows no attribute "qqqqqqqq" here | use one of the known attributes: `}},
		{"a list item of no known form", `{"image": "x", "ports": [true]}`,
			[]string{`DPM2203:2 services.w.ports[0]: the value must be a string, a number or a map | `}},
		{"an unknown key of a long form", `{"image": "x", "ports": [{"target": 80, "publish": "3"}]}`,
			[]string{`DPM2205:2 services.w.ports[0].publish: Compose knows no attribute "publish" here | did you mean "published"?`}},
		{"a misspelled key that also is required", `{"image": "x", "depends_on": {"w2": {"conditionn": "service_started"}}}`,
			[]string{`DPM2205:2 services.w.depends_on.w2.conditionn: Compose knows no attribute "conditionn" here | did you mean "condition"?`}},
		{"a missing key", `{"image": "x", "volumes": [{"source": "/a", "target": "/b"}]}`,
			[]string{`DPM2206:2 services.w.volumes[0]: the map lacks "type" | add "type"`}},
		{"an enumeration", `{"image": "x", "volumes": [{"type": "bnd", "source": "/a", "target": "/b"}]}`,
			[]string{`DPM2206:2 services.w.volumes[0].type: the value must be one of bind, volume, `}},
		{"an enumeration or a list", `{"image": "x", "gpus": "x"}`,
			[]string{`DPM2206:2 services.w.gpus: the value must be one of all, or a list | `}},
		{"a form", `{"image": "x", "pull_policy": "nevr"}`, []string{`DPM2206:2 services.w.pull_policy: the value does not have the form`}},
		{"limits", `{"image": "x", "cpu_count": -1, "oom_score_adj": 10000}`, []string{
			`DPM2206:2 services.w.cpu_count: the value must not be below 0 | `,
			`DPM2206:2 services.w.oom_score_adj: the value must not be above 1000 | `}},
		{"a number that nothing can hold", `{"image": "x", "deploy": {"replicas": 1e999}}`,
			[]string{`DPM2206:2 services.w.deploy.replicas: the number is too large | use a smaller number, or a string`}},
		{"a repetition", `{"image": "x", "expose": ["80", "80"]}`,
			[]string{`DPM2206:2 services.w.expose[1]: the list has this entry twice | remove one of the two`}},
		{"a nested value", `{"image": "x", "environment": {"A": {}}, "build": {"context": 1}, "healthcheck": {"tests": ["x"], "interval": 3}}`, []string{
			`DPM2203:2 services.w.environment.A: the value must be a string, a number, a boolean or null | `,
			`DPM2203:2 services.w.build.context: the value must be a string | `,
			`DPM2205:2 services.w.healthcheck.tests: Compose knows no attribute "tests" here | did you mean "test"?`,
			`DPM2203:2 services.w.healthcheck.interval: the value must be a string | `}},
		{"a service that is no map", `"nginx"`, []string{`DPM2203:2 services.w: a service is a map, not a string | write {"image": "…"}`}},
		{"a service that is null", `null`, []string{`DPM2203:2 services.w: a service is a map, not null | `}},
		{"a misspelled image", `{"imag": "x"}`, []string{`DPM2205:2 services.w.imag: Compose knows no attribute "imag" here | did you mean "image"?`}},
		{"neither image nor build", `{"tty": true}`, []string{`DPM2202:2 services.w: the service has neither an image nor a build | `}},
		{"a blank image", `{"image": " "}`, []string{`DPM2204:2 services.w.image: the image is blank | `}},
		{"a command as text", `{"image": "x", "command": "serve --port 80"}`,
			[]string{`DPM2203:2 services.w.command: the command is a list of strings, not a string | write ["serve", "--port", "80"]`}},
		{"an entrypoint with quotes", `{"image": "x", "entrypoint": "sh -c 'a b'"}`,
			[]string{`DPM2203:2 services.w.entrypoint: the entrypoint is a list`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.want = append([]string{}, c.want...)
			_, l := check(t, "{\"services\": {\n\"w\": "+c.service+",\n\"w2\": {\"image\": \"y\"}}}", nil)
			got := found(l)
			if len(got) != len(c.want) {
				t.Fatalf("got %s", strings.Join(got, "\n"))
			}
			for i := range got {
				if !strings.HasPrefix(got[i], c.want[i]) {
					t.Errorf("got  %s\nwant %s", got[i], c.want[i])
				}
			}
		})
	}
}

func TestFaultsOfPatchesArePlacedInThePatch(t *testing.T) {
	_, l := check(t, `{
  "services": {"w": {"image": "x"}},
  "service_patches": {
    "w": {"tyt": true, "restart": 5},
    "db": {"ports": ["99999999:5432"]}
  }}`, Odoo(testOdoo(scenarioDeveloper)), fragment(t, "ext", `{"e": {"imag": "x", "image": "y"}}`, `{"odoo": {"user": " "}}`))
	if d := cmp.Diff([]string{
		`DPM2205:1 services.e.imag: Compose knows no attribute "imag" here (from the extension "ext") | did you mean "image"?`,
		`DPM2204:1 services.odoo.user: the value is blank (from a patch of the extension "ext") | give a value or remove the key`,
		`DPM2205:4 services.w.tyt: Compose knows no attribute "tyt" here | did you mean "tty"?`,
		`DPM2203:4 services.w.restart: the value must be a string | put the value in quotes`,
		`DPM2210:5 services.db.ports[0]: the port 99999999 is above 65535 | use a port from 1 to 65535`,
	}, found(l)); d != "" {
		t.Error(d)
	}
}

func TestReferences(t *testing.T) {
	_, l := check(t, `{
  "services": {
    "a": {"image": "x", "networks": ["front", "default", "bak"], "volumes": ["data:/d", "dta:/e", "/abs:/f", "./rel:/g", "~/h:/h", "/anon"]},
    "b": {"image": "x", "networks": {"other": {}}, "volumes": [{"type": "volume", "source": "gone", "target": "/t"}], "configs": ["c", {"source": "d"}], "secrets": ["s"]},
    "c": {"image": "x", "depends_on": ["a", "bb"], "links": ["z:alias"]},
    "d": {"image": "x", "network_mode": "service:nobody", "depends_on": {"q": {"condition": "service_started"}}}
  },
  "volumes": {"data": {}}, "networks": {"front": {}, "back": {}}, "configs": {"c": {"content": "x"}}}`, nil)
	var got []string
	for _, d := range l {
		got = append(got, string(d.Code)+" "+d.Path+" "+d.Fix)
	}
	if d := cmp.Diff([]string{
		`DPM2207 services.a.networks[2] did you mean "back"? otherwise add "networks": {"bak": {}} beside "services"`,
		`DPM2207 services.a.volumes[1] did you mean "data"? otherwise add "volumes": {"dta": {}} beside "services"`,
		`DPM2207 services.b.networks.other add "networks": {"other": {}} beside "services"`,
		`DPM2207 services.b.volumes[0] add "volumes": {"gone": {}} beside "services"`,
		`DPM2207 services.b.configs[1] add "configs": {"d": {"file": "…"}} beside "services"`,
		`DPM2207 services.b.secrets[0] a manifest has no Compose secrets: use ${@secret:KEY} in environment, or a config`,
		`DPM2208 services.c.depends_on[1] use one of the known services: a, b, c, d`,
		`DPM2208 services.c.links[0] use one of the known services: a, b, c, d`,
		`DPM2208 services.d.network_mode use one of the known services: a, b, c, d`,
		`DPM2208 services.d.depends_on.q use one of the known services: a, b, c, d`,
	}, got); d != "" {
		t.Error(d)
	}
}

func TestCyclesAreReportedOnce(t *testing.T) {
	_, l := check(t, `{"services": {
 "a": {"image": "x", "depends_on": ["b"]},
 "b": {"image": "x", "depends_on": {"c": {"condition": "service_started"}}},
 "c": {"image": "x", "depends_on": ["a"]},
 "d": {"image": "x", "depends_on": ["a", "d"]}}}`, nil)
	if d := cmp.Diff([]string{
		`DPM2209:4 services.c.depends_on[0]: the services wait for each other: a → b → c → a | remove one of these dependencies`,
		`DPM2209:5 services.d.depends_on[1]: the services wait for each other: d → d | remove one of these dependencies`,
	}, found(l)); d != "" {
		t.Error(d)
	}
}

func TestHostPortsAreUnique(t *testing.T) {
	for _, c := range []struct {
		name, a, b string
		profiles   string
		clash      bool
	}{
		{"the same port", `"80:80"`, `"80:90"`, "", true},
		{"short and long form", `"80:80"`, `{"target": 1, "published": "80"}`, "", true},
		{"other protocols", `"53:53"`, `"53:53/udp"`, "", false},
		{"other addresses", `"127.0.0.1:80:80"`, `"127.0.0.2:80:80"`, "", false},
		{"one of them on all addresses", `"127.0.0.1:80:80"`, `"80:80"`, "", true},
		{"ranges that overlap", `"8000-8005:8000-8005"`, `"8005:1"`, "", true},
		{"a range for one port may move aside", `"8000-8005:80"`, `"8005:1"`, "", false},
		{"ports that the engine chooses", `"80"`, `"80"`, "", false},
		{"profiles that never run together", `"80:80"`, `"80:80"`, `, "profiles": ["two"]`, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, l := check(t, `{"services": {"a": {"image": "x", "ports": [`+c.a+`]`+strings.Replace(c.profiles, "two", "one", 1)+`},
 "b": {"image": "x", "ports": [`+c.b+`]`+c.profiles+`}}}`, nil)
			if !c.clash {
				wantClean(t, l)
				return
			}
			wantCodes(t, l, diag.DocumentPortTwice)
			if l[0].Path != "services.b.ports[0]" || len(l[0].Related) != 1 || l[0].Related[0].Range.Start.Line != 1 {
				t.Errorf("%s", l[0])
			}
		})
	}
	_, l := check(t, `{"services": {"a": {"image": "x", "ports": ["8069:80"]}}}`, Odoo(testOdoo(scenarioDeveloper)))
	wantCodes(t, l, diag.DocumentPortTwice)
	if !strings.Contains(l[0].Fix, "services.odoo.ports[0]") {
		t.Errorf("%s", l[0])
	}
}

func TestMountTargetsAreUnique(t *testing.T) {
	_, l := check(t, `{"services": {"a": {"image": "x", "volumes": ["/a:/t", "/b:/t/:ro", {"type": "tmpfs", "target": "/u"}, "/u"]}}}`, nil)
	wantCodes(t, l, diag.DocumentMountTwice, diag.DocumentMountTwice)
}

func TestDiagnosticsAreStable(t *testing.T) {
	src := `{"services": {"a": {"imag": "x", "prots": 1, "ports": [true, "x:y"], "healthcheck": {"a": 1, "b": 2}}, "b": {"image": "", "zz": 1, "yy": 2}}}`
	_, first := check(t, src, nil)
	if len(first) < 8 {
		t.Fatalf("only %v", found(first))
	}
	for range 200 {
		_, again := check(t, src, nil)
		if d := cmp.Diff(first, again); d != "" {
			t.Fatal(d)
		}
	}
}

func TestServiceSummaries(t *testing.T) {
	m, l := check(t, `{"services": {
  "web": {"image": "nginx", "ports": ["8080:80", "9000-9001:90-91/udp", "127.0.0.1:1:2", {"target": 5, "published": "6", "host_ip": "::1"}, 7],
    "volumes": ["./a:/a", "~/b:/b", "/c:/c:ro", "data:/d", "data:/e", "/anonymous", {"type": "bind", "source": "f", "target": "/f"}],
    "depends_on": {"job": {"condition": "service_completed_successfully"}}, "profiles": ["p"], "privileged": true,
    "deploy": {"replicas": 3}, "healthcheck": {"test": ["CMD", "true"]}},
  "job": {"build": ".", "scale": 2, "healthcheck": {"test": ["NONE"]}},
  "off": {"image": "x", "healthcheck": {"disable": true, "test": "x"}, "volumes": []}
 }, "volumes": {"data": {}}}`, nil)
	wantClean(t, l)
	s := m.Services()
	web := s[2]
	if s[0].Name != "job" || s[1].Name != "off" || web.Name != "web" {
		t.Fatalf("%+v", s)
	}
	var ports []string
	for _, p := range web.Ports {
		ports = append(ports, fmt.Sprintf("%s %d>%d/%s %s:%d", p.HostIP, p.Published, p.Container, p.Protocol, p.Path, p.Range.Start.Line))
	}
	if d := cmp.Diff([]string{" 8080>80/tcp services.web.ports[0]:2", " 9000>90/udp services.web.ports[1]:2", " 9001>91/udp services.web.ports[1]:2",
		"127.0.0.1 1>2/tcp services.web.ports[2]:2", "::1 6>5/tcp services.web.ports[3]:2", " 0>7/tcp services.web.ports[4]:2"}, ports); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"/p/a", "/home/ana/b", "/c", "/p/f"}, web.BindSources); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"data"}, web.NamedVolumes); d != "" {
		t.Error(d)
	}
	if !web.HasHealthcheck || !web.Privileged || web.Replicas != 3 || web.Profiles[0] != "p" || web.DependsOn[0] != "job" || web.Range.Start.Line != 2 || web.Build {
		t.Errorf("%+v", web)
	}
	if job := s[0]; !job.Build || job.Replicas != 2 || job.HasHealthcheck || s[1].HasHealthcheck || s[1].Replicas != 1 {
		t.Errorf("%+v %+v", job, s[1])
	}
}

// FuzzPort compares with compose-go: what it reads, we read alike; what it
// refuses, we refuse.
func FuzzPort(f *testing.F) {
	for _, s := range []string{"80", "8080:80", "127.0.0.1:8080:80/udp", "[::1]:80:80", "8000-8005:8000-8005", "8000-8005:80", "a:b", "", ":", ":80", "1:2:3", "::1:80:80",
		"80/", "80/TCP", "1-2:3-5", "5-1", "70000:1", "0", "127.0.0.1::80", "80-80:80", "8_0", "0x50", "80/tcp/udp", "[::1:80:80", "::80", "-1", "80:80 ", "1-2-3", "::1%eth0:1:2", "+80", "0--0", "-0"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if len(s) > 64 {
			return
		}
		theirs, err := types.ParsePortConfig(s)
		ours, fault := readShortPort(s)
		if (err == nil) != (fault == nil) {
			t.Fatalf("%q: Compose says %v, we say %v", s, err, fault)
		}
		if err != nil {
			return
		}
		want, got := map[string]bool{}, map[string]bool{}
		for _, p := range theirs {
			published := p.Published
			if strings.Contains(published, "-") || published == "" {
				published = "0"
			}
			want[fmt.Sprintf("%s %s %d %s", p.HostIP, published, p.Target, p.Protocol)] = true
		}
		for _, p := range ours.spread() {
			got[fmt.Sprintf("%s %d %d %s", p.HostIP, p.Published, p.Container, p.Protocol)] = true
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Fatalf("%q: %s", s, d)
		}
	})
}

func TestLoadCheck(t *testing.T) {
	for _, c := range []struct {
		name, src, path, message string
		line                     int
	}{
		{"a fault that only the loader finds", "{\"services\": {\n\"w\": {\"image\": \"x\", \"network_mode\": \"host\", \"networks\": [\"n\"]}}, \"networks\": {\"n\": {}}}",
			"services.w", "mutually exclusive", 2},
		{"a service with a dot in its name", "{\"services\": {\"a\": {\"image\": \"x\"},\n\"w.x\": {\"image\": \"x\", \"scale\": 2, \"deploy\": {\"replicas\": 3}}}}",
			`services["w.x"]`, "distinct values", 2},
		{"a duration", "{\"services\": {\n\"w\": {\"image\": \"x\", \"healthcheck\": {\"test\": [\"CMD\", \"x\"],\n\"interval\": \"soon\"}}}}", "services.w.healthcheck.interval", "", 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, _ := build(t, c.src, nil)
			col := &diag.Collector{}
			LoadCheck(t.Context(), m.YAML(), t.TempDir(), m, col)
			l := col.List()
			wantCodes(t, l, diag.DocumentRefused)
			if l[0].Path != c.path || !strings.Contains(l[0].Message, c.message) || l[0].Range.Start.Line != c.line {
				t.Errorf("%s", l[0])
			}
		})
	}
	t.Run("without a model the document is named", func(t *testing.T) {
		col := &diag.Collector{}
		LoadCheck(t.Context(), []byte("services:\n  w: {image: [}\n"), t.TempDir(), nil, col)
		wantCodes(t, col.List(), diag.DocumentRefused)
		if col.List()[0].Range.File != DocumentFile {
			t.Error(col.List())
		}
	})
	t.Run("the environment of this process does not reach the document", func(t *testing.T) {
		t.Setenv("SECRET", "leaked")
		p, err := LoadProject(t.Context(), []byte("services:\n  w:\n    image: x\n    environment: {A: \"${SECRET}\", B: }\n"), t.TempDir(), "")
		if err != nil {
			t.Fatal(err)
		}
		if a := p.Services["w"].Environment["A"]; a == nil || *a != "" {
			t.Errorf("%v", a)
		}
	})
}

// TestThousandServicesStaySmall keeps the heap of a large plan in bounds.
func TestThousandServicesStaySmall(t *testing.T) {
	mf := testManifest(t, manyServices(1000))
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	c := &diag.Collector{}
	m := Build(Input{Manifest: mf}, c)
	m.Check(c)
	m.YAML()
	m.Fragments()
	wantClean(t, c.List())
	runtime.GC()
	runtime.ReadMemStats(&after)
	runtime.KeepAlive(m)
	if kept := int64(after.HeapAlloc) - int64(before.HeapAlloc); kept > 24<<20 {
		t.Errorf("a model of 1000 services keeps %d MiB", kept>>20)
	}
	if len(m.Services()) != 1000 {
		t.Error("services are missing")
	}
	c2 := &diag.Collector{}
	LoadCheck(t.Context(), m.YAML(), t.TempDir(), m, c2)
	wantClean(t, c2.List())
}
