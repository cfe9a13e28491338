package python

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/extensions/protocol"
	"github.com/devpm/devpm/manifest"
)

// sample is one of the seed's samples as code that runs. It fails when that is
// not, line by line, what the seed prints.
func sample(t *testing.T, name string) string {
	t.Helper()
	a, err := txtar.ParseFile(filepath.Join("testdata", "seed", name+".txtar"))
	if err != nil {
		t.Fatal(err)
	}
	var seed []string
	for line := range strings.Lines(string(a.Files[0].Data)) {
		seed = append(seed, strings.TrimSpace(line))
	}
	var code []string
	for line := range strings.Lines(string(a.Files[1].Data)) {
		if line = strings.TrimSpace(line); line != "" {
			code = append(code, line)
		}
	}
	if diff := cmp.Diff(seed, code); diff != "" {
		t.Fatalf("%s is not as the seed has it:\n%s", name, diff)
	}
	return string(a.Files[1].Data)
}

// pythons are the versions that a machine may have, and the one that it must.
func pythons(t *testing.T) map[string]Interpreter {
	t.Helper()
	out := map[string]Interpreter{"python3": interpreter(t)}
	home, err := os.UserHomeDir()
	if err != nil {
		return out
	}
	for _, version := range []string{"3.8", "3.9", "3.10", "3.11", "3.12", "3.13"} {
		found, _ := filepath.Glob(filepath.Join(home, ".pyenv/versions", version+".*/bin/python"+version))
		if len(found) == 0 {
			t.Logf("Python %s is not here: its row is left out", version)
			continue
		}
		out[version] = Interpreter{Path: found[0], From: FromVariable, Version: version}
	}
	return out
}

func TestSamplesOfTheSeedAsLocalPlugins(t *testing.T) {
	// The allow-list as the seed prints it.
	var found diag.Collector
	list := manifest.ReadJSON("odpm.json", []byte("{"+sample(t, "local")+"}"), &found).Get("extensions").Get("local")
	dir := project(t, map[string]string{
		"mailpit_local.py": sample(t, "api") + sample(t, "fragment"),
		"not_listed.py":    "raise SystemExit(1)",
	})
	modules := Modules(dir, list, &found)
	if len(modules) != 1 || modules[0].Source != ".odpm/plugins/mailpit_local.py" || len(found.List()) > 0 {
		t.Fatalf("got %+v, %v", modules, found.List())
	}
	for version, i := range pythons(t) {
		t.Run(version, func(t *testing.T) {
			c, d := pluginsOf(t, i, dir, protocol.ModePlan, nil, "mailpit_local")
			want := []protocol.Registration{{Kind: protocol.KindFragment, Name: "mailpit", Source: ".odpm/plugins/mailpit_local.py", Extension: "mailpit_local"}}
			if diff := cmp.Diff(protocol.Description{Registrations: want, Notices: []protocol.Notice{}}, d); diff != "" {
				t.Fatal(diff)
			}
			var got protocol.Services
			c.must(protocol.MethodServices, protocol.NameParams{Name: "mailpit"}, &got)
			same(t, got.Services, `{"mailpit":{"image":"axllent/mailpit","restart":"unless-stopped","ports":["8025:8025","1025:1025"]}}`)
		})
	}
}

func TestTheSeedsPatchesBelongToAFragment(t *testing.T) {
	fragment := strings.Replace(sample(t, "fragment"), "def _register()", sample(t, "patches")+"\ndef _register()", 1)
	c, d := plugins(t, project(t, map[string]string{"mailpit.py": fragment}), protocol.ModePlan)
	if got := kinds(d); !slices.Equal(got, []string{"compose_fragment mailpit", "compose_patch mailpit"}) {
		t.Fatalf("got %v, notices %v", got, d.Notices)
	}
	var got protocol.Patches
	c.must(protocol.MethodPatches, protocol.NameParams{Name: "mailpit"}, &got)
	same(t, got.ServicePatches, `{"odoo":{"environment":{"MY_FLAG":"1"}}}`)
}

// TestTheSeedsPackage installs a package with the seed's pyproject.toml, entry
// points and modules into a virtual environment, once as a wheel leaves it and
// once as `pip install -e .` does.
func TestTheSeedsPackage(t *testing.T) {
	pyproject, steps, hooks := sample(t, "pyproject"), sample(t, "step-entry"), sample(t, "hook-entry")
	modules := map[string]string{
		"my_odpm_plugin/__init__.py": "", "my_odpm_plugin/steps.py": sample(t, "step"), "my_odpm_plugin/hooks.py": sample(t, "hook"),
	}
	for version, i := range pythons(t) {
		for _, editable := range []bool{false, true} {
			name := version + " wheel"
			if editable {
				name = version + " editable"
			}
			t.Run(name, func(t *testing.T) {
				env := environmentOf(t, i, version == "python3")
				site := sites(env.Path, env.Version, nil)[0]
				code := site
				if editable {
					code = t.TempDir()
					write(t, filepath.Join(site, "__editable__.odpm_services_mailpit-0.1.0.pth"), code+"\n")
				}
				for file, text := range modules {
					write(t, filepath.Join(code, file), text)
				}
				install(t, site, pyproject, steps+hooks)

				dists := EntryPoints(env)
				if len(dists) != 1 || dists[0].Name != "odpm-services-mailpit" || dists[0].Version != "0.1.0" || len(dists[0].Points) != 2 {
					t.Fatalf("got %+v", dists)
				}
				c, d := pluginsOf(t, env, t.TempDir(), protocol.ModeExecute, dists)
				want := []protocol.Registration{
					{
						Kind: protocol.KindStep, Name: "mycompany.custom.step", Description: "Custom prepare work", Order: new(500),
						Source: "odpm-services-mailpit 0.1.0", Extension: "odpm-services-mailpit",
					},
					{
						Kind: protocol.KindHook, Name: "mycompany.odpm.hooks.warmup", Phases: []string{"post_clone", "post_prepare", "pre_up"},
						Source: "odpm-services-mailpit 0.1.0", Extension: "odpm-services-mailpit",
					},
				}
				if diff := cmp.Diff(protocol.Description{Registrations: want, Notices: []protocol.Notice{}}, d); diff != "" {
					t.Fatal(diff)
				}
				var e protocol.Evaluation
				c.must(protocol.MethodEvaluate, protocol.StepParams{ID: "mycompany.custom.step"}, &e)
				if diff := cmp.Diff(protocol.Evaluation{Outcome: "run", Required: true, Reason: "always run"}, e); diff != "" {
					t.Error(diff)
				}
				c.must(protocol.MethodExecute, protocol.StepParams{ID: "mycompany.custom.step"}, nil)
				for _, phase := range []string{"post_clone", "post_prepare", "pre_up"} {
					c.must(protocol.MethodRunHook, protocol.HookParams{ID: "mycompany.odpm.hooks.warmup", Phase: phase}, nil)
				}
			})
		}
	}
}

// environmentOf makes a virtual environment, named as a user's shell names it.
// Made is whether Python's own venv makes it; otherwise it is written by hand,
// which is all that venv does, and takes no second.
func environmentOf(t *testing.T, i Interpreter, made bool) Interpreter {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "env")
	if made {
		if out, err := exec.Command(i.Path, "-m", "venv", "--without-pip", dir).CombinedOutput(); err != nil {
			t.Skipf("no virtual environment can be made here: %v\n%s", err, out)
		}
	} else {
		write(t, filepath.Join(dir, "pyvenv.cfg"), "home = "+filepath.Dir(i.Path)+"\ninclude-system-site-packages = false\nversion = "+i.Version+".0\n")
		for _, sub := range []string{"bin", "lib/python" + i.Version + "/site-packages"} {
			if err := os.MkdirAll(filepath.Join(dir, sub), 0o755); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.Symlink(i.Path, filepath.Join(dir, "bin", "python")); err != nil {
			t.Fatal(err)
		}
	}
	env, fault := Find(lookup("VIRTUAL_ENV="+dir), dir)
	if fault != nil {
		t.Fatal(fault)
	}
	if env.Version == "" || !env.Named() {
		t.Fatalf("got %+v", env)
	}
	return env
}

// lookup is an environment of "KEY=value" entries.
func lookup(env ...string) func(string) (string, bool) {
	return func(key string) (string, bool) {
		for _, entry := range env {
			if v, ok := strings.CutPrefix(entry, key+"="); ok {
				return v, true
			}
		}
		return "", false
	}
}

// install writes what a package leaves in site-packages, from its pyproject.toml
// and the entry points in its form.
func install(t *testing.T, site, pyproject, points string) {
	t.Helper()
	quoted := func(key string) string {
		_, rest, _ := strings.Cut(pyproject, key+` = "`)
		value, _, _ := strings.Cut(rest, `"`)
		return value
	}
	meta := filepath.Join(site, strings.ReplaceAll(quoted("name"), "-", "_")+"-"+quoted("version")+".dist-info")
	write(t, filepath.Join(meta, "METADATA"), "Metadata-Version: 2.1\nName: "+quoted("name")+"\nVersion: "+quoted("version")+"\nRequires-Dist: odpm>=4.4\n\nText\n")
	text := strings.NewReplacer(`[project.entry-points."`, "[", `"]`, "]", `"`, "").Replace(points)
	write(t, filepath.Join(meta, "entry_points.txt"), text)
}

func kinds(d protocol.Description) []string {
	var out []string
	for _, r := range d.Registrations {
		out = append(out, string(r.Kind)+" "+r.Name)
	}
	return out
}

func same(t *testing.T, got json.RawMessage, want string) {
	t.Helper()
	var a, b any
	if err := json.Unmarshal(got, &a); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(want), &b); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(b, a); diff != "" {
		t.Error(diff)
	}
}

// old is a Python that this machine may have for other ends.
func old(t *testing.T, version string) Interpreter {
	t.Helper()
	home, err := os.UserHomeDir()
	if err != nil {
		t.Skip(err)
	}
	found, _ := filepath.Glob(filepath.Join(home, ".pyenv/versions", version+".*/bin/python"+version))
	if len(found) == 0 {
		t.Skipf("Python %s is not here", version)
	}
	return Interpreter{Path: found[0], From: FromVariable, Version: version}
}
