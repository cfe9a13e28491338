package extensions_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/extensions/conformance"
	"github.com/devpm/devpm/extensions/host"
	"github.com/devpm/devpm/extensions/pack"
	"github.com/devpm/devpm/extensions/protocol"
	"github.com/devpm/devpm/extensions/python"
	"github.com/devpm/devpm/extensions/sandbox"
	"github.com/devpm/devpm/internal/execx"
)

// TestMain makes the test binary the helper of the sandbox.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == sandbox.Verb {
		os.Exit(sandbox.Main(os.Args[2:]))
	}
	dir, err := os.MkdirTemp("", "devpm-examples-")
	if err != nil {
		panic(err)
	}
	built = dir
	status := m.Run()
	if err := os.RemoveAll(dir); err != nil {
		panic(err)
	}
	os.Exit(status)
}

var (
	built    string   // holds the programs of the examples in Go
	building sync.Map // of dir → func() error
)

// build makes the program of an example once for all tests.
func build(t *testing.T, e example) string {
	t.Helper()
	file := filepath.Join(built, e.metadata.Name)
	once, _ := building.LoadOrStore(e.dir, sync.OnceValue(func() error {
		out, err := exec.Command("go", "build", "-o", file, "./"+e.dir).CombinedOutput()
		if err != nil {
			return fmt.Errorf("%w\n%s", err, out)
		}
		return nil
	}))
	if err := once.(func() error)(); err != nil {
		t.Fatalf("building %s: %v", e.dir, err)
	}
	return file
}

// example is one directory with extension.yml.
type example struct {
	dir      string
	metadata *pack.Metadata
}

func examples(t *testing.T) []example {
	t.Helper()
	files, err := filepath.Glob("*/*/" + pack.MetadataName)
	if err != nil || len(files) == 0 {
		t.Fatalf("no examples: %v", err)
	}
	var out []example
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var c diag.Collector
		m := pack.ReadMetadata(file, text, &c)
		if m == nil || len(c.List()) > 0 {
			t.Fatalf("%s: %v", file, c.List())
		}
		out = append(out, example{filepath.Dir(file), m})
	}
	return out
}

// program is what devpm starts for an example.
func (e example) program(t *testing.T) host.Program {
	t.Helper()
	dir, env := t.TempDir(), host.Environment(os.Environ(), false)
	if e.metadata.Runtime == pack.Exec {
		return host.Program{Name: e.metadata.Name, Argv: []string{build(t, e)}, Dir: dir, Env: env}
	}
	return pythonProgram(t, python.Package{Name: e.metadata.Name, Version: e.metadata.Version, Root: e.dir, Entry: e.metadata.Entry}, dir, env)
}

func pythonProgram(t *testing.T, p python.Package, dir string, env []string) host.Program {
	t.Helper()
	i, fault := python.Find(os.LookupEnv, dir)
	if fault == nil {
		i, fault = i.Resolve(t.Context(), execx.System{}, dir, os.Environ())
	}
	if fault != nil {
		t.Skip("no Python here: " + fault.Message)
	}
	root, err := filepath.Abs(p.Root)
	if err != nil {
		t.Fatal(err)
	}
	p.Root = root
	return python.PackageProgram(i, p, dir, env)
}

func judge(t *testing.T, p host.Program) conformance.Report {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	r := conformance.Run(t.Context(), conformance.Program{Argv: p.Argv, Dir: p.Dir, Env: p.Env, Preamble: p.Preamble}, conformance.Options{
		ProjectDir: t.TempDir(), CacheDir: t.TempDir(), Self: self, Times: conformance.Times{Answer: 30 * time.Second, Shutdown: 10 * time.Second},
	})
	for _, x := range r.Results {
		if x.Status == conformance.Failed {
			t.Errorf("%s: %s (%s)", x.Check, x.Problem, x.Fix)
		}
	}
	return r
}

// Each example speaks the protocol, and can what its extension.yml says.
func TestExamplesConform(t *testing.T) {
	for _, e := range examples(t) {
		t.Run(e.dir, func(t *testing.T) {
			t.Parallel()
			r := judge(t, e.program(t))
			if r.Extension.Name != e.metadata.Name || r.Extension.Version != e.metadata.Version {
				t.Errorf("it is %v, extension.yml says %s %s", r.Extension, e.metadata.Name, e.metadata.Version)
			}
			if !slices.Equal(r.Capabilities, e.metadata.Offers()) {
				t.Errorf("it can %v, extension.yml says %v", r.Capabilities, e.metadata.Offers())
			}
		})
	}
	t.Run("odpm-plugin", func(t *testing.T) {
		t.Parallel()
		r := judge(t, pythonProgram(t, python.Package{Name: "mailpit_local", Root: "odpm-plugin/.odpm/plugins", Entry: "mailpit_local"}, t.TempDir(), host.Environment(os.Environ(), false)))
		if want := []protocol.Capability{protocol.ComposeFragment, protocol.ComposePatch}; !slices.Equal(r.Capabilities, want) {
			t.Errorf("it can %v", r.Capabilities)
		}
	})
}

// There is an example of each capability in each language.
func TestExamplesShowEverything(t *testing.T) {
	shown := map[string][]protocol.Capability{}
	for _, e := range examples(t) {
		language, _, _ := strings.Cut(filepath.ToSlash(e.dir), "/")
		shown[language] = append(shown[language], e.metadata.Offers()...)
	}
	for _, language := range []string{"go", "python"} {
		for _, c := range protocol.Capabilities() {
			if !slices.Contains(shown[language], c) {
				t.Errorf("no example in %s has %s", language, c)
			}
		}
	}
}

// started is an example that executes in a project of its own.
type started struct {
	*host.Session
	project string
	cache   string
	output  *strings.Builder
}

func start(t *testing.T, dir string) started { return startIn(t, dir, t.TempDir()) }

// startIn is start with a directory of the extension that others may have used.
func startIn(t *testing.T, dir, cache string) started {
	t.Helper()
	for _, e := range examples(t) {
		if filepath.ToSlash(e.dir) != dir {
			continue
		}
		s := started{project: t.TempDir(), cache: cache, output: &strings.Builder{}}
		h := host.New(host.Options{Output: func(_, text string) { s.output.WriteString(text) }})
		t.Cleanup(func() {
			if err := h.Close(); err != nil {
				t.Error(err)
			}
		})
		services := json.RawMessage(`{"web":{"image":"nginx"}}`)
		none := json.RawMessage(`{}`)
		session, err := h.Start(t.Context(), e.program(t), protocol.Initialize{
			ProtocolVersion: protocol.Version, Mode: protocol.ModeExecute, Capabilities: protocol.Capabilities(), CacheDir: cache,
			Context: protocol.Context{
				ProjectDir: s.project, Scenario: "developer", Stack: "none", ManifestSchema: 2,
				Manifest: json.RawMessage(`{"services":{"web":{"image":"nginx"}}}`), Services: services, ServicePatches: none, Hooks: none, Locks: none,
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		s.Session = session
		if _, err := s.Describe(t.Context()); err != nil {
			t.Fatal(err)
		}
		return s
	}
	t.Fatalf("there is no example %s", dir)
	return started{}
}

// A step is run once, and then there is nothing to do.
func TestStepsOfExamples(t *testing.T) {
	for dir, id := range map[string]string{"go/tls-proxy": "tls-proxy.certificate", "python/mail": "mail.directory"} {
		t.Run(dir, func(t *testing.T) {
			t.Parallel()
			s := start(t, dir)
			if e, err := s.Evaluate(t.Context(), id); err != nil || e.Outcome != "run" {
				t.Errorf("before: %+v, %v", e, err)
			}
			if err := s.Execute(t.Context(), id); err != nil {
				t.Fatal(err)
			}
			if e, err := s.Evaluate(t.Context(), id); err != nil || e.Outcome != "noop" {
				t.Errorf("after: %+v, %v", e, err)
			}
			if runtime.GOOS != "windows" && dir == "go/tls-proxy" {
				if info, err := os.Stat(filepath.Join(s.project, ".tls", "localhost.key")); err != nil || info.Mode().Perm() != 0o600 {
					t.Errorf("the key: %v, %v", info, err)
				}
			}
		})
	}
}

func TestPoliciesOfExamples(t *testing.T) {
	for dir, name := range map[string]string{"go/house-rules": "image-versions", "python/limits": "memory-limits"} {
		t.Run(dir, func(t *testing.T) {
			t.Parallel()
			s := start(t, dir)
			found, err := s.Policy(t.Context(), name, json.RawMessage(`{"services":{
				"bad":{"image":"registry.example:5000/nginx"}, "good":{"image":"nginx:1.27","mem_limit":"64m"}}}`))
			if err != nil || len(found) != 1 || !strings.HasPrefix(found[0].Path, "services.bad") || found[0].Fix == "" {
				t.Errorf("found %+v, %v", found, err)
			}
		})
	}
}

func TestCommandsOfExamples(t *testing.T) {
	for dir, c := range map[string][2]string{"go/house-rules": {"house-rules.images", "web\tnginx\n"}, "python/limits": {"limits.list", "web\tno limit\n"}} {
		t.Run(dir, func(t *testing.T) {
			t.Parallel()
			s := start(t, dir)
			r, err := s.Command(t.Context(), protocol.CommandParams{Name: c[0]})
			if err != nil || r.ExitCode != 0 || !strings.HasPrefix(r.Message, "1 ") {
				t.Errorf("%+v, %v", r, err)
			}
			if got := s.output.String(); got != c[1] {
				t.Errorf("it printed %q", got)
			}
		})
	}
}

func TestSecretsOfExamples(t *testing.T) {
	t.Run("go/static-site", func(t *testing.T) {
		t.Parallel()
		s := start(t, "go/static-site")
		ask := func() map[string]string {
			values, err := s.Secrets(t.Context(), "secret-files", []string{"token", "absent"})
			if err != nil {
				t.Fatal(err)
			}
			return values
		}
		if got := ask(); len(got) != 0 {
			t.Errorf("without files: %v", got)
		}
		dir := filepath.Join(s.project, ".secrets")
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "token"), []byte("correct horse\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := ask(); len(got) != 1 || got["token"] != "correct horse" {
			t.Errorf("got %v", got)
		}
		if values, err := s.Secrets(t.Context(), "secret-files", []string{"../odpm.json"}); err == nil {
			t.Errorf("a path is no key: %v", values)
		}
	})
	t.Run("python/django", func(t *testing.T) {
		t.Parallel()
		s := start(t, "python/django")
		var got [2]string
		for i := range got {
			values, err := s.Secrets(t.Context(), "django-key", []string{"SECRET_KEY"})
			if err != nil {
				t.Fatal(err)
			}
			got[i] = values["SECRET_KEY"]
		}
		if len(got[0]) < 50 || got[0] != got[1] {
			t.Errorf("the key is %q, then %q", got[0], got[1])
		}
		other, err := startIn(t, "python/django", s.cache).Secrets(t.Context(), "django-key", []string{"SECRET_KEY"})
		if err != nil || other["SECRET_KEY"] == got[0] {
			t.Errorf("another project has the same key: %v", err)
		}
	})
}

func TestHooksOfExamples(t *testing.T) {
	for dir, id := range map[string]string{"go/tls-proxy": "tls-proxy.address", "python/mail": "mail.address"} {
		t.Run(dir, func(t *testing.T) {
			t.Parallel()
			if err := start(t, dir).RunHook(context.WithoutCancel(t.Context()), id, "post_up"); err != nil {
				t.Error(err)
			}
		})
	}
}
