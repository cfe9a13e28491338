package conformance

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/devpm/devpm/cmd/devpm/internal/cli"
	"github.com/devpm/devpm/cmd/devpm/internal/reexec"
	"github.com/devpm/devpm/compose"
	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/internal/termx"
	"github.com/devpm/devpm/manifest"
)

// minimal is the manifest that the contract calls M.
const minimal = `{"manifest_schema":2,"requires_odpm":"4.4","platform":{"git":"https://github.com/odoo/odoo.git 19.0"},
"python":"3.12","distro":{"name":"debian","version":"13"},"postgres":"15","dependencies":[],"requirements":[]}`

// plain is the least manifest without the Odoo stack.
const plain = `{"manifest_schema":2,"requires_odpm":"4.4","stack":"none"}`

// plus is a manifest with more top-level keys.
func plus(manifest, keys string) string { return strings.TrimSuffix(manifest, "}") + "," + keys + "}" }

// with is M with more top-level keys.
func with(keys string) string { return plus(minimal, keys) }

// changed is M with one text in place of another.
func changed(t *testing.T, old, replacement string) string {
	t.Helper()
	if strings.Count(minimal, old) != 1 {
		t.Fatalf("%q is not once in the manifest", old)
	}
	return strings.Replace(minimal, old, replacement, 1)
}

// environment is what manifests are expanded with: the process, .env and
// ~/.odpm/.env.
type environment struct {
	process       []string
	project, home string
}

func (e environment) build(t *testing.T) *manifest.Environment {
	t.Helper()
	var c diag.Collector
	built := manifest.NewEnvironment(e.process, []manifest.Layer{
		{Name: ".env", Data: []byte(e.project)}, {Name: "~/.odpm/.env", Data: []byte(e.home)},
	}, &c)
	if c.HasErrors() {
		t.Fatal(text(c.List()))
	}
	return built
}

// names are the physical names that the files choose.
func (e environment) names(t *testing.T) manifest.Names {
	t.Helper()
	var c diag.Collector
	names := manifest.ReadNames(e.build(t), &c)
	if len(c.List()) > 0 {
		t.Fatal(text(c.List()))
	}
	return names
}

// load reads a manifest with an environment.
func load(t *testing.T, src string, e environment) (*manifest.Manifest, diag.List) {
	t.Helper()
	return loadWith(src, manifest.Options{Environment: e.build(t), HostArch: "amd64"})
}

func loadWith(src string, o manifest.Options) (*manifest.Manifest, diag.List) {
	var c diag.Collector
	m := manifest.Load("odpm.json", []byte(src), o, &c)
	return m, c.List()
}

// text is a list as a user sees it.
func text(list diag.List) string {
	var b strings.Builder
	for _, d := range list {
		b.WriteString(d.String() + "\n")
	}
	return b.String()
}

// accept loads a manifest that has no fault.
func accept(t *testing.T, src string, e environment) *manifest.Manifest {
	t.Helper()
	m, list := load(t, src, e)
	if m == nil || list.HasErrors() {
		t.Fatalf("refused: %s\n%s", src, text(list))
	}
	return m
}

// refused wants exactly one error of a manifest, with its code, that says all
// of the words.
func refused(t *testing.T, src string, code diag.Code, words ...string) {
	t.Helper()
	_, list := load(t, src, environment{})
	wantError(t, list, code, words...)
}

func wantError(t *testing.T, list diag.List, code diag.Code, words ...string) {
	t.Helper()
	var errors diag.List
	for _, d := range list {
		if d.Severity == diag.Error {
			errors = append(errors, d)
		}
	}
	if len(errors) != 1 || errors[0].Code != code {
		t.Fatalf("want one error %s, got\n%s", code, text(list))
	}
	if errors[0].Fix == "" {
		t.Errorf("no fix: %s", errors[0])
	}
	for _, word := range words {
		if !strings.Contains(errors[0].String(), word) {
			t.Errorf("does not say %q: %s", word, errors[0])
		}
	}
}

// odooOptions are the ports, user and images of the contract's golden documents.
func odooOptions(scenario string) compose.OdooOptions {
	image := "odoo-base:dev"
	if scenario == "ci" {
		image = "odoo-ci:19"
	}
	return compose.OdooOptions{
		Scenario: scenario, Postgres: "16", Image: image, User: "1000:1000", Home: "/home/ana",
		Ports:        compose.OdooPorts{Postgres: 15432, Odoo: 8069, Gevent: 8072, Debugger: 5678},
		PlatformName: "odoo", ProjectDir: "/home/ana/shop",
		DatabaseDir: "/home/ana/shop/data/postgresql/var/lib/postgresql/data",
	}
}

// document builds the Compose document of a manifest.
func document(t *testing.T, src, scenario string, fragments ...compose.Fragment) (*compose.Model, diag.List) {
	t.Helper()
	var c diag.Collector
	m := manifest.Load("odpm.json", []byte(src), manifest.Options{Environment: environment{}.build(t), Scenario: scenario, HostArch: "amd64", Extended: len(fragments) > 0}, &c)
	if c.HasErrors() {
		t.Fatal(text(c.List()))
	}
	in := compose.Input{Manifest: m, Fragments: fragments, ProjectDir: "/home/ana/shop", HomeDir: "/home/ana"}
	if m.Stack == manifest.StackOdoo {
		in.Builtin = compose.Odoo(odooOptions(scenario))
	}
	model := compose.Build(in, &c)
	model.Check(&c)
	return model, c.List()
}

// sound is document without any error.
func sound(t *testing.T, src, scenario string, fragments ...compose.Fragment) *compose.Model {
	t.Helper()
	m, list := document(t, src, scenario, fragments...)
	if list.HasErrors() {
		t.Fatal(text(list))
	}
	return m
}

// fragment is what an extension would add; each text is JSON or empty.
func fragment(t *testing.T, extension, services, patches string) compose.Fragment {
	t.Helper()
	parse := func(src string) *manifest.Node {
		if src == "" {
			return nil
		}
		var c diag.Collector
		d := manifest.Parse(extension, []byte(src), &c)
		if d == nil || c.HasErrors() {
			t.Fatal(text(c.List()))
		}
		return d.Root
	}
	return compose.Fragment{Extension: extension, Services: parse(services), Patches: parse(patches)}
}

// wantValues compares values of a document, as one-line JSON; "" is absent.
func wantValues(t *testing.T, m *compose.Model, want map[string]string) {
	t.Helper()
	for path, value := range want {
		got := ""
		if e, err := m.Explain(path); err == nil {
			got = e.Value
		}
		if got != value {
			t.Errorf("%s is %s, want %s", path, got, value)
		}
	}
}

// serviceNames are the services of a document in its order.
func serviceNames(m *compose.Model) []string {
	var names []string
	for _, s := range m.Services() {
		names = append(names, s.Name)
	}
	return names
}

// project is a directory with a manifest, and a home directory beside it.
type project struct {
	dir, home string
	environ   []string // beside what every run gets
}

func newProject(t *testing.T, src string) project {
	t.Helper()
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	p := project{dir: filepath.Join(root, "shop"), home: filepath.Join(root, "home")}
	for _, dir := range []string{p.dir, p.home} {
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	p.write(t, "odpm.json", src)
	return p
}

func (p project) write(t *testing.T, name, content string) {
	t.Helper()
	path := filepath.Join(p.dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

func (p project) read(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(p.dir, filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func (p project) has(name string) bool {
	_, err := os.Lstat(filepath.Join(p.dir, filepath.FromSlash(name)))
	return err == nil
}

// tree lists every file below the project and the home directory.
func (p project) tree(t *testing.T) []string {
	t.Helper()
	var names []string
	for _, root := range []string{p.dir, p.home} {
		if err := filepath.WalkDir(root, func(path string, _ os.DirEntry, err error) error {
			names = append(names, path)
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	return names
}

// devpm runs one command line in the project. The engine it is pointed at does
// not exist, so that nothing can depend on one.
func (p project) devpm(t *testing.T, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	status = cli.Main(args, cli.Host{
		Streams: termx.Streams{In: strings.NewReader(""), Out: &out, Err: &err},
		Environ: append([]string{
			"HOME=" + p.home, "PATH=" + os.Getenv("PATH"), "TMPDIR=" + t.TempDir(),
			"DOCKER_HOST=unix://" + filepath.Join(p.home, "no-engine.sock"),
		}, p.environ...),
		Getwd:   func() (string, error) { return p.dir, nil },
		Self:    reexec.Self(),
		Now:     time.Now,
		Context: func() (context.Context, context.CancelFunc) { return context.WithCancel(t.Context()) },
	})
	return status, out.String(), err.String()
}

// plan is a plan in its published JSON form.
type plan struct {
	PlanVersion int `json:"plan_version"`
	Steps       []struct {
		ID       string
		Outcome  string
		Required bool
		Reason   string
	}
	Warnings    []string
	Diagnostics []planDiagnostic
	ComposeUp   *struct {
		ForceRecreate *bool `json:"force_recreate"`
	} `json:"compose_up"`
	keys map[string]json.RawMessage
}

// plan runs `devpm plan --no-docker --format json` with more arguments.
func (p project) plan(t *testing.T, args ...string) plan {
	t.Helper()
	status, stdout, stderr := p.devpm(t, append([]string{"plan", "--no-docker", "--format", "json"}, args...)...)
	if status != 0 {
		t.Fatalf("exit status %d\n%s%s", status, stdout, stderr)
	}
	var out plan
	for _, target := range []any{&out, &out.keys} {
		if err := json.Unmarshal([]byte(stdout), target); err != nil {
			t.Fatalf("%v in %s", err, stdout)
		}
	}
	return out
}

// index is where a step stands in the plan, or -1.
func (p plan) index(id string) int {
	for i, s := range p.Steps {
		if s.ID == id {
			return i
		}
	}
	return -1
}

// outcome is a step's outcome, "" without the step.
func (p plan) outcome(id string) string {
	if i := p.index(id); i >= 0 {
		return p.Steps[i].Outcome
	}
	return ""
}

func (p plan) wantOutcomes(t *testing.T, want map[string]string) {
	t.Helper()
	for id, outcome := range want {
		if got := p.outcome(id); got != outcome {
			t.Errorf("%s is %q, want %q", id, got, outcome)
		}
	}
}

func (p plan) warns(words string) bool {
	return slices.ContainsFunc(p.Warnings, func(w string) bool { return strings.Contains(w, words) })
}

// planDiagnostic is one finding of a plan.
type planDiagnostic struct{ Code, File, Message string }
