package python

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/devpm/devpm/extensions/protocol"
)

// installed starts plugins of one installed package.
func installed(t *testing.T, points string, files map[string]string) (*client, protocol.Description) {
	t.Helper()
	env := environmentOf(t, interpreterOf(t), false)
	site := sites(env.Path, env.Version, nil)[0]
	for name, text := range files {
		write(t, filepath.Join(site, name), text)
	}
	meta := filepath.Join(site, "acme_tools-1.2.dist-info")
	write(t, filepath.Join(meta, "METADATA"), "Name: acme-tools\nVersion: 1.2\n")
	write(t, filepath.Join(meta, "entry_points.txt"), points)
	dists := EntryPoints(env)
	if len(dists) != 1 {
		t.Fatalf("got %+v", dists)
	}
	return pluginsOf(t, env, t.TempDir(), protocol.ModeExecute, dists)
}

// interpreterOf is the interpreter with its version, which a virtual environment
// by hand needs.
func interpreterOf(t *testing.T) Interpreter {
	t.Helper()
	i := interpreter(t)
	out, err := exec.Command(i.Path, "-c", "import sys; print('%d.%d' % sys.version_info[:2])").Output()
	if err != nil {
		t.Fatal(err)
	}
	i.Version = strings.TrimSpace(string(out))
	return i
}

const parts = `from dev_project.extensions.specs import hookimpl
from dev_project.prepare.helpers import make_plan_step
from dev_project.prepare.types import PrepareContext, PrepareStepDef
from dev_project.plan import PlanStep

def noop(ctx: PrepareContext) -> PlanStep:
    return make_plan_step("x", "d", "noop", False, "")

class Step:
    description = "d"
    def __init__(self, id="class", order=1000):
        self.id, self.order = id, order
    def evaluate(self, ctx): return noop(ctx)
    def execute(self, ctx): pass

class Runner:
    def __init__(self, name="runner"): self.name = name
    def run_post_clone(self, ctx): pass

class Hooked:
    @hookimpl
    def odpm_prepare_steps(self): return [Step("hooked.1"), PrepareStepDef("hooked.2", "d", noop, noop), None]
    @hookimpl(tryfirst=True)
    def odpm_hook_runners(self): return Runner("hooked")

def several(): return [Step("several.1", 5), Step("several.2")]
def nothing(): return None
hooked, one, definition = Hooked(), Step("object", 7), PrepareStepDef("definition", "d", noop, noop)
class Nested:
    step = Step("nested")
`

func TestFormsOfEntryPoints(t *testing.T) {
	c, d := installed(t, `[odpm.prepare_steps]
a = acme.parts:hooked
b = acme.parts:several
c = acme.parts:Step
d = acme.parts:one
e = acme.parts:definition
f = acme.parts:Nested.step
g = acme.registers
h = acme.late
i = acme.parts:nothing
j = acme.parts:missing
k = acme.gone
l = acme.exits
m = acme.old
[odpm.hooks]
n = acme.parts:hooked
o = acme.parts:Runner
p = acme.parts:Runner
q = acme.registers
[odpm.secrets_providers]
r = acme.vault:Vault
`, map[string]string{
		"acme/__init__.py":  "",
		"acme/parts.py":     parts,
		"acme/registers.py": "from dev_project.extensions import register_prepare_step\nfrom .parts import Step\nregister_prepare_step(Step('at-import', 3), order=9)\n",
		"acme/late.py":      "from dev_project.extensions.registry import register_hook_runner\nfrom .parts import Runner\ndef _register():\n    register_hook_runner('late', Runner())\n",
		"acme/exits.py":     "raise SystemExit\n",
		"acme/old.py":       "EXTENSION_API_VERSION = '3.0'\n",
		"acme/vault.py":     "class Vault:\n    name = 'vault'\n    def fetch(self, *, provider_config, credentials, project_dir):\n        return {k: credentials['TOKEN'] + provider_config['type'] for k in provider_config['keys'] + ['more']}\n",
	})
	want := []string{
		"prepare_step hooked.1", "prepare_step hooked.2", "prepare_step several.1", "prepare_step several.2", "prepare_step class", "prepare_step object",
		"prepare_step definition", "prepare_step nested", "prepare_step at-import", "hook late", "hook hooked", "hook runner", "secrets_provider vault",
	}
	if diff := cmp.Diff(want, kinds(d)); diff != "" {
		t.Error(diff)
	}
	orders := map[string]int{}
	for _, r := range d.Registrations {
		if r.Order != nil {
			orders[r.Name] = *r.Order
		}
		if r.Source != "acme-tools 1.2" || r.Extension != "acme-tools" {
			t.Errorf("got %+v", r)
		}
	}
	if orders["several.1"] != 5 || orders["object"] != 7 || orders["class"] != 1000 || orders["definition"] != 1000 || orders["at-import"] != 9 {
		t.Errorf("orders: %v", orders)
	}
	var said []string
	for _, n := range d.Notices {
		said = append(said, n.Severity+" "+n.Source+": "+n.Message)
	}
	wantSaid := []string{
		"error acme-tools 1.2: the entry point i of acme-tools 1.2 gives nothing for odpm.prepare_steps",
		"error acme-tools 1.2: AttributeError: module 'acme.parts' has no attribute 'missing'",
		"error acme-tools 1.2: ModuleNotFoundError: No module named 'acme.gone'",
		"error acme/exits.py: it wanted to end the program, with status None; an extension must not",
		"error acme-tools 1.2: the plugin acme-tools asks for version 3.0 of the extension API; supported are 1.0, 1.1",
		"warning acme-tools 1.2: the hook runner runner of acme-tools 1.2 is left out: there is one of this name already",
	}
	if diff := cmp.Diff(wantSaid, said); diff != "" {
		t.Error(diff)
	}
	var s protocol.Secrets
	c.must(protocol.MethodSecrets, protocol.SecretsParams{Name: "vault", Keys: []string{"a"}}, &s)
	if diff := cmp.Diff(map[string]string{"a": "tvault"}, s.Secrets); diff != "" {
		t.Error(diff)
	}
}

// MRG-17: a patch that has the version of the API as a value.
func TestAPluginOfAPI11(t *testing.T) {
	dir := project(t, map[string]string{"p.py": `
from dev_project.extensions import *
from dev_project.extensions.reference.mailpit import MAILPIT_SERVICE_NAME, MAILPIT_SERVICE_SPEC
assert_extension_api_compatible("1.0"); assert_extension_api_compatible(" 1.1 ", plugin_id="p")
assert SUPPORTED_EXTENSION_API_VERSIONS == {"1.0", "1.1"}

class Fragment(ComposeFragmentPlugin):
    name = "p"
    def compose_services(self, ctx: ExtensionHostContext) -> dict:
        return {MAILPIT_SERVICE_NAME: dict(MAILPIT_SERVICE_SPEC, image="other")}
    def compose_service_patches(self, ctx):
        return {"odoo": {"environment": {"VERSION": EXTENSION_API_VERSION}}}

register_compose_fragment("p", Fragment())
assert get_compose_fragment("p").name == "p" and get_hook_runner("p") is None
try:
    register_compose_fragment("p", Fragment())
except ValueError as error:
    print(error)
`})
	c, d := plugins(t, dir, protocol.ModePlan)
	if len(d.Notices) > 0 {
		t.Fatal(d.Notices)
	}
	var p protocol.Patches
	c.must(protocol.MethodPatches, protocol.NameParams{Name: "p"}, &p)
	same(t, p.ServicePatches, `{"odoo":{"environment":{"VERSION":"1.1"}}}`)
	if got := c.logs(); !slices.Equal(got, []string{`info .odpm/plugins/p.py: the compose fragment "p" is registered twice: by .odpm/plugins/p.py`}) {
		t.Errorf("got %q", got)
	}
}

func TestWhatAContextTells(t *testing.T) {
	dir := project(t, map[string]string{"p.py": stepThat("s", `
import copy, dataclasses, json, pickle
from dev_project.prepare.types import PrepareContext
from dev_project.extensions import ExtensionHostContext
assert isinstance(ctx, PrepareContext) and isinstance(ctx, ExtensionHostContext)
assert ctx.project_dir == ctx.host.project_dir == ctx.host_ctx.project_dir == ctx.config.project_dir
assert ctx.repo_odpm_json == ctx.project_dir + "/odpm.json"
assert ctx.policy == "developer" == ctx.policy.scenario == ctx.host.scenario
assert (ctx.manifest_schema, ctx.requires_odpm, ctx.lock_manager) == (2, "4.6.0", None)
assert ctx.manifest_services["redis"]["ports"] == ["6379:6379"] and ctx.manifest_service_patches["odoo"]["environment"]["A"] == "1"
assert ctx.manifest_hooks["pre_up"] == [["true"]] and ctx.manifest_locks == {} and ctx.manifest_extensions == {"local": ["a"]}
assert ctx.host.manifest_view.services is ctx.manifest_services and ctx.host.manifest["services"]["redis"] == {"image": "redis:7"}
assert ctx.environment["TOKEN"] == "t" and ctx.host.stack == "odoo" and ctx.host.project_name == "sample"
for change in ("ctx.project = 1", "del ctx.host", "ctx.host.stack = 1", "ctx.manifest_hooks['x'] = 1", "ctx.manifest_hooks['pre_up'].append(1)",
               "ctx.manifest_hooks.update(x=1)", "ctx.manifest_hooks['pre_up'][0][0] = 1", "ctx.environment.pop('TOKEN')", "ctx.manifest_hooks['pre_up'] += [1]"):
    try:
        exec(change)
    except (TypeError, AttributeError, dataclasses.FrozenInstanceError):
        continue
    raise AssertionError(change)
own = copy.deepcopy(ctx.manifest_services)
own["redis"]["ports"].append("1:1"); own["new"] = {}
shallow = dict(ctx.manifest_services, new={}); shallow.pop("redis"); ctx.manifest_services.copy()["x"] = 1
assert json.loads(json.dumps(ctx.manifest_services)) == ctx.manifest_services and pickle.loads(pickle.dumps(ctx.manifest_services)) == ctx.manifest_services
assert not hasattr(ctx, "project_env") and "environment" in dir(ctx) and "manifest_hooks" in dir(ctx)
step = make_plan_step("s", "d", "run", True, "r")
assert step == make_plan_step("s", "d", "run", True, "r") != step.id and dataclasses.is_dataclass(step)
step = dataclasses.replace(step, outcome="noop")
assert dataclasses.asdict(step) == {"id": "s", "description": "d", "outcome": "noop", "required": True, "reason": "r"}
return step`)})
	for version, i := range pythons(t) {
		t.Run(version, func(t *testing.T) {
			c, d := pluginsOf(t, i, dir, protocol.ModePlan, nil)
			if len(d.Notices) > 0 {
				t.Fatal(d.Notices)
			}
			var e protocol.Evaluation
			c.must(protocol.MethodEvaluate, protocol.StepParams{ID: "s"}, &e)
			if diff := cmp.Diff(protocol.Evaluation{Outcome: "noop", Required: true, Reason: "r"}, e); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Plugins of a project may import each other; each is loaded once. A plugin never
// hides a library, and nothing in the project's directory does.
func TestPluginsImportEachOther(t *testing.T) {
	dir := project(t, map[string]string{
		"a.py":              "import json, helpers\nfrom lib.deep import name\nfrom z import value\nassert json.loads('1') == 1 and value == 'z' and name == 'deep'\n" + strings.ReplaceAll(good, "good", "a"),
		"json.py":           "import json\nassert hasattr(json, 'dumps')\n" + strings.ReplaceAll(good, "good", "json"),
		"helpers.py":        "import a\n",
		"lib/deep.py":       "name = 'deep'\n",
		"y.py":              "from broken import x\n",
		"broken.py":         "1 / 0\n",
		"z.py":              "value = 'z'\n" + strings.ReplaceAll(good, "good", "z"),
		"../../zlib.py":     "raise SystemExit('of the project')\n",
		"../../colorsys.py": "raise SystemExit('of the project')\n",
		"uses.py":           "import colorsys, os, sys\nassert os.getcwd() not in sys.path and '' not in sys.path\nassert sys.argv == ['devpm'] and 'PYTHONHASHSEED' not in os.environ\n",
	})
	_, d := plugins(t, dir, protocol.ModePlan)
	// z is loaded where a asks for it, and counts as its own.
	got := map[string]string{}
	for _, r := range d.Registrations {
		got[r.Name] = r.Source
	}
	if diff := cmp.Diff(map[string]string{"a": ".odpm/plugins/a.py", "json": ".odpm/plugins/json.py", "z": ".odpm/plugins/z.py"}, got); diff != "" {
		t.Error(diff)
	}
	var said []string
	for _, n := range d.Notices {
		said = append(said, n.Source+": "+n.Message)
	}
	want := []string{
		".odpm/plugins/broken.py: ZeroDivisionError: division by zero",
		".odpm/plugins/y.py: ImportError: the plugin .odpm/plugins/broken.py cannot be loaded",
	}
	if diff := cmp.Diff(want, said); diff != "" {
		t.Error(diff)
	}
}

// Nothing is written: neither beside the plugins nor anywhere that Python would.
func TestNothingIsWritten(t *testing.T) {
	dir, home := project(t, map[string]string{"a.py": "import b\n" + good, "b.py": ""}), t.TempDir()
	p := Program(interpreter(t), dir, []string{"HOME=" + home, "TMPDIR=" + home, "PYTHONPYCACHEPREFIX=" + home}, modulesIn(dir), nil)
	c := start(t, p.Argv, p.Dir, p.Env, p.Preamble)
	c.must(protocol.MethodInitialize, opened(dir, protocol.ModeExecute), nil)
	c.must(protocol.MethodShutdown, struct{}{}, nil)
	for root, want := range map[string][]string{dir: {".odpm"}, filepath.Join(dir, ".odpm/plugins"): {"a.py", "b.py"}, home: nil} {
		entries, err := os.ReadDir(root)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, e := range entries {
			got = append(got, e.Name())
		}
		if !slices.Equal(got, want) {
			t.Errorf("in %s: %v", root, got)
		}
	}
}

// Every file of the shim is Python 3.8, and what runs before the version is known
// is any Python.
func TestTheShimIsOldPython(t *testing.T) {
	files, err := filepath.Abs("shim")
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(interpreter(t).Path, "-B", "-c", `
import ast, pathlib, sys
for path in sorted(pathlib.Path(sys.argv[1]).rglob("*.py")):
    ast.parse(path.read_text(encoding="utf-8"), str(path), feature_version=(3, 8))
    print(path)
`, files).CombinedOutput()
	if err != nil || strings.Count(string(out), "\n") < 25 {
		t.Fatalf("%v\n%s", err, out)
	}
	i := old(t, "2.7")
	if out, err := exec.Command(i.Path, "-B", "-c", "import sys\nfor f in sys.argv[1:]: compile(open(f).read(), f, 'exec')", "shim/boot.py", "shim/start.py").CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
