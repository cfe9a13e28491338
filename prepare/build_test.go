package prepare

import (
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/internal/testkit"
	"github.com/devpm/devpm/manifest"
)

const document = "# generated\n\nservices: {}\n"

// hello is a project without a stack: one service, one fragment, an image.
func hello() *Desired {
	return &Desired{
		ProjectDir: "/p", ProjectName: "p", Stack: manifest.StackNone, Scenario: "developer",
		Inputs: []Input{{Name: "odpm.json", Hash: "aa"}},
		Files: append(StandingFiles(true),
			File{Step: "compose.fragments", Path: ".odpm/compose/fragments/web.yml", Content: []byte("web\n"), Mode: 0o644, Service: "web"},
			File{Step: "compose.generate", Path: "docker-compose.yml", Content: []byte(document), Mode: 0o644, Marked: true}),
		Prunes:      []Prune{{Step: "compose.fragments", Dir: ".odpm/compose/fragments", Ext: ".yml"}},
		Directories: []Directory{{Path: "/p/data", Mode: 0o755}},
		Fragments:   []Fragment{{Service: "web"}},
		Patches:     []Patch{{Service: "web", Keys: []string{"tty", "command"}}},
		Hooks:       map[string][]manifest.HookEntry{},
		Services: []Service{{Name: "web", Image: "hello:1", HasHealthcheck: true, Replicas: 1, Ports: []Port{{Published: 8080, Path: "services.web.ports[0]"}}},
			{Name: "job", Image: "hello:1", Replicas: 1}, {Name: "extra", Image: "x", Replicas: 1, Profiles: []string{"extra"}}},
	}
}

// odoo is a project with repositories, templates, links, hooks and an image.
func odoo() *Desired {
	d := hello()
	d.Stack = manifest.StackOdoo
	d.Repositories = []Repository{
		{Name: "odoo/odoo", Role: "platform", Branch: "19.0", Dir: "/src/odoo", Path: "platform.git"},
		{Name: "me/shop", Role: "developing", Keep: true, Dir: "/src/shop"},
	}
	d.Without = map[string]string{"pycharm.settings": ".run/devpm.run.xml is left alone"}
	for step, path := range map[string]string{
		"ide.debug_profile": ".odpm/runtime/debug-profile.json", "vscode.settings": ".vscode/launch.json",
		"template.dockerfile": "Dockerfile", "template.dockerignore": ".dockerignore", "template.odoo_conf": "odoo.conf", "compose.service": ".odpm/runtime/config.json",
	} {
		d.Files = append(d.Files, File{Step: step, Path: path, Content: []byte(path + "\n"), Mode: 0o644})
		if step == "compose.service" {
			d.Files[len(d.Files)-1].Service = "web"
		}
	}
	slices.SortStableFunc(d.Files, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	d.Links = []Link{{Path: "dependencies/odoo", Target: "/src/odoo"}}
	d.Images = []Image{{Service: "web", Tag: "hello:1", Context: "/p", Identity: "id1"}}
	for _, phase := range []string{manifest.PostClone, manifest.PostPrepare, manifest.PreUp, manifest.PostUp} {
		d.Hooks[phase] = []manifest.HookEntry{{Run: []manifest.Text{{Value: "true"}}}}
	}
	return d
}

// nothing is a world in which nothing was done yet, with an engine.
func nothing() *Observed {
	return &Observed{
		Files: map[string]FileState{}, Stale: map[string][]string{}, Directories: map[string]bool{}, Links: map[string]LinkState{},
		Repositories: map[string]RepositoryState{},
		Engine:       EngineState{Asked: true, Reachable: true, Version: "28.1", Images: map[string]string{}, Holders: map[string]string{}},
	}
}

// done is the world after a successful up.
func done(d *Desired) *Observed {
	o := nothing()
	for _, f := range d.Files {
		o.Files[f.Path] = FileState{Exists: true, Content: f.Content, Mode: f.Mode}
	}
	for _, dir := range d.Directories {
		o.Directories[dir.Path] = true
	}
	for _, l := range d.Links {
		o.Links[l.Path] = LinkState{Exists: true, IsLink: true, Target: l.Target}
	}
	for _, r := range d.Repositories {
		o.Repositories[r.Dir] = RepositoryState{Present: true, Head: strings.Repeat("a", 40), Wanted: strings.Repeat("a", 40)}
	}
	o.Verdict = Hash([]byte(document))
	o.Engine.Images["hello:1"] = "sha256:1"
	o.Engine.Containers = []Container{
		{Name: "p-web-1", Service: "web", State: "running", Health: "healthy", ConfigHash: "h1", ImageID: "sha256:1"},
		{Name: "p-job-1", Service: "job", State: "exited", ConfigHash: "h2", ImageID: "sha256:1"},
	}
	plan := Build(d, nothing(), Options{})
	for _, s := range plan.Steps {
		for _, a := range s.Actions {
			switch a := a.(type) {
			case BuildImages:
				o.Record = o.Record.AfterBuild(a)
			case StartServices:
				o.Record = o.Record.AfterStart(a, o.Engine)
			}
		}
	}
	return o
}

func TestPlanText(t *testing.T) {
	tests := []struct {
		name string
		want *Desired
		have func(*Desired) *Observed
		opt  Options
	}{
		{"hello first", hello(), func(*Desired) *Observed { return nothing() }, Options{}},
		{"hello done", hello(), done, Options{}},
		{"odoo first", odoo(), func(*Desired) *Observed { return nothing() }, Options{}},
		{"odoo done", odoo(), done, Options{}},
		{"odoo skip start no git update", odoo(), done, Options{SkipStart: true, NoGitUpdate: true}},
		{"odoo no git update, nothing there", odoo(), func(*Desired) *Observed { return nothing() }, Options{NoGitUpdate: true}},
		{"odoo update", odoo(), done, Options{UpdateGit: true}},
		{"odoo build and force recreate", odoo(), done, Options{Build: true, ForceRecreate: true}},
		{"hello no docker", hello(), func(d *Desired) *Observed { o := done(d); o.Engine = EngineState{}; return o }, Options{NoDocker: true}},
		{"hello engine down", hello(), func(d *Desired) *Observed {
			o := done(d)
			o.Engine = EngineState{Asked: true, Problem: "nothing listens on unix:///var/run/docker.sock", Fix: "start Docker"}
			return o
		}, Options{}},
		{"hello changed outside", hello(), func(d *Desired) *Observed {
			o := done(d)
			o.Engine.Containers[0].ConfigHash = "other"
			o.Engine.Containers[1].ExitCode = 3
			o.Engine.Containers = append(o.Engine.Containers, Container{Name: "p-gone-1", Service: "gone", State: "running"})
			return o
		}, Options{}},
		{"hello unhealthy", hello(), func(d *Desired) *Observed {
			o := done(d)
			o.Engine.Containers[0].Health = "unhealthy"
			return o
		}, Options{}},
		{"hello newer image", hello(), func(d *Desired) *Observed { o := done(d); o.Engine.Images["hello:1"] = "sha256:2"; return o }, Options{}},
		{"hello one service", hello(), func(*Desired) *Observed { return nothing() }, Options{Services: []string{"job"}}},
		{"hello stale fragment and foreign document", hello(), func(d *Desired) *Observed {
			o := done(d)
			o.Stale[".odpm/compose/fragments"] = []string{"old.yml"}
			o.Files["docker-compose.yml"] = FileState{Exists: true, Content: []byte("version: '3'\n"), Mode: 0o644}
			return o
		}, Options{Differ: fakeDiffer}},
		{"hello paths in the way", hello(), func(d *Desired) *Observed {
			o := done(d)
			o.Files["docker-compose.yml"] = FileState{Exists: true, Problem: LeadsOut}
			o.Files[".odpm/compose/fragments/web.yml"] = FileState{Exists: true, Problem: IsDirectory}
			return o
		}, Options{}},
		{"hello port held", hello(), func(d *Desired) *Observed {
			o := nothing()
			o.Engine.Holders["tcp/0.0.0.0:8080"] = "process 17 (nginx)"
			return o
		}, Options{}},
		{"odoo mounted file changes", odoo(), func(d *Desired) *Observed {
			o := done(d)
			i := slices.IndexFunc(d.Files, func(f File) bool { return f.Step == "compose.service" })
			d.Files[i].Content = []byte("new\n")
			return o
		}, Options{}},
		{"odoo repositories in every state", odoo(), func(d *Desired) *Observed {
			d.Repositories = append(d.Repositories,
				Repository{Name: "a/behind", Branch: "19.0", Dir: "/src/behind"}, Repository{Name: "a/foreign", Dir: "/src/foreign"},
				Repository{Name: "a/dirty", Branch: "19.0", Dir: "/src/dirty"})
			o := done(d)
			o.Repositories["/src/behind"] = RepositoryState{Present: true, Head: strings.Repeat("b", 40), Wanted: strings.Repeat("c", 40)}
			o.Repositories["/src/foreign"] = RepositoryState{Foreign: true}
			o.Repositories["/src/dirty"] = RepositoryState{Present: true, Dirty: true, Head: strings.Repeat("b", 40), Wanted: strings.Repeat("c", 40), Changes: []string{"x.py"}}
			return o
		}, Options{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			plan := Build(tt.want, tt.have(tt.want), tt.opt)
			text := plan.String() + fmt.Sprintf("changes %d, strict %v\n", plan.Changes(), plan.Strict())
			testkit.Golden(t, filepath.Join("testdata", "plan", strings.ReplaceAll(tt.name, " ", "_")+".txt"), []byte(text))
			checkSanity(t, plan)
		})
	}
}

func fakeDiffer(path string, old, new []byte) FileDiff {
	return FileDiff{Path: path, Summary: "+1 -1 lines", Unified: "--- a/" + path + "\n"}
}

// checkSanity holds for every plan: ids are unique, dependencies point back,
// steps that do nothing carry no actions.
func checkSanity(t *testing.T, plan *Plan) {
	t.Helper()
	seen := map[string]bool{}
	for _, s := range plan.Steps {
		for _, id := range s.DependsOn {
			if !seen[id] {
				t.Errorf("%s depends on %s, which is not before it", s.ID, id)
			}
		}
		if seen[s.ID] {
			t.Errorf("%s is there twice", s.ID)
		}
		seen[s.ID] = true
		if !s.Works() && len(s.Actions) > 0 {
			t.Errorf("%s is %s but has actions", s.ID, s.Outcome)
		}
		if s.Description == "" || s.Reason == "" {
			t.Errorf("%s has no description or no reason", s.ID)
		}
	}
}

// inScenario moves a project to another scenario; developer alone has editor
// files here.
func inScenario(d *Desired, scenario string) {
	d.Scenario = scenario
	if scenario != "developer" {
		d.Files = slices.DeleteFunc(d.Files, func(f File) bool { return f.Step == "ide.debug_profile" || f.Step == "vscode.settings" })
	}
}

func TestPlanHasTheBuiltInStepsInTheirOrder(t *testing.T) {
	want := []string{
		"git.lock_load", "git.ensure_present", "git.materialize", "sources.materialize", "hooks.post_clone", "project.map_folders",
		"git.lock_apply", "template.dockerfile", "template.dockerignore", "docker.engine.check", "docker.ports.release", "template.odoo_conf",
		"database.drift", "compose.template", "compose.fragments", "secrets.fetch", "secrets.materialize", "compose.service",
		"compose.generate", "compose.validate", "git.checkout", "git.lock_collect", "git.lock_verify", "project.update_links",
	}
	for _, d := range []*Desired{hello(), odoo()} {
		for _, opt := range []Options{{}, {SkipStart: true, NoGitUpdate: true}, {NoDocker: true}} {
			for _, scenario := range []string{"developer", "server", "ci"} {
				inScenario(d, scenario)
				var got []string
				for _, s := range Build(d, nothing(), opt).Steps {
					if slices.Contains(want, s.ID) {
						got = append(got, s.ID)
					}
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("%s %s %+v:\n%s", d.Stack, scenario, opt, diff)
				}
			}
		}
	}
}

func TestASecondPlanHasNothingToDo(t *testing.T) {
	for _, d := range []*Desired{hello(), odoo()} {
		plan := Build(d, done(d), Options{})
		if plan.Changes() != 0 || plan.Strict() {
			t.Errorf("stack %s:\n%s", d.Stack, plan)
		}
	}
}

// A patch that was there all along is not new when another value changes.
func TestAPatchIsCausedByTheDocument(t *testing.T) {
	d := hello()
	o := done(d)
	d.Files[len(d.Files)-1].Content = []byte(document + "# changed\n")
	plan := Build(d, o, Options{})
	for _, s := range []string{"compose.patch.web", "compose.generate"} {
		want := []Change{{Key: "docker-compose.yml", Old: short(Hash([]byte(document))), New: short(Hash([]byte(document + "# changed\n")))}}
		if diff := cmp.Diff(want, plan.Step(s).Cause); diff != "" {
			t.Errorf("%s -want +got\n%s", s, diff)
		}
	}
}

func TestPlanOfEachScenario(t *testing.T) {
	tests := []struct {
		name, scenario string
		check          func(*Plan) bool
	}{
		{"PLAN-19: editor settings for a developer", "developer", func(p *Plan) bool { return p.Step("vscode.settings") != nil }},
		{"PLAN-19: no editor settings in ci", "ci", func(p *Plan) bool { return p.Step("vscode.settings") == nil }},
		{"PLAN-02: no compose.up with --skip-start", "server", func(p *Plan) bool { return p.Step("compose.up") == nil && p.ComposeUp == nil }},
		{"PLAN-02: database.drift is there", "ci", func(p *Plan) bool { return p.Step("database.drift") != nil }},
		{"PLAN-13: fragments are updated", "developer", func(p *Plan) bool {
			return p.Step("compose.fragments").Outcome == Update && p.Step("compose.fragment.web").Outcome == Update
		}},
		{"PLAN-22: the patch stands before compose.service", "developer", func(p *Plan) bool {
			id := func(want string) int {
				return slices.IndexFunc(p.Steps, func(s Step) bool { return s.ID == want })
			}
			return id("compose.patch.web") >= 0 && id("compose.patch.web") < id("compose.service")
		}},
		{"PLAN-14: pre_up does not run with --skip-start", "developer", func(p *Plan) bool {
			return p.Step("hooks.pre_up").Outcome == Skip && p.Step("hooks.post_prepare").Outcome == Run
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := odoo()
			inScenario(d, tt.scenario)
			if p := Build(d, nothing(), Options{SkipStart: true, NoGitUpdate: true}); !tt.check(p) {
				t.Errorf("plan:\n%s", p)
			}
		})
	}
}

func TestPlanWithoutDockerDoesNotKnowForceRecreate(t *testing.T) {
	p := Build(hello(), &Observed{}, Options{NoDocker: true})
	if p.ComposeUp == nil || p.ComposeUp.ForceRecreate != nil {
		t.Errorf("compose_up = %+v", p.ComposeUp)
	}
	if !slices.ContainsFunc(p.Warnings, func(d diag.Diagnostic) bool {
		return strings.Contains(d.Message, "stack health was not probed")
	}) {
		t.Errorf("no warning in:\n%s", p)
	}
}

func TestDiffsMaskSecretsAndComeOnlyOnRequest(t *testing.T) {
	d := hello()
	d.Files = append(d.Files, File{Step: "compose.service", Path: ".odpm/runtime/secrets.json", Content: []byte("hunter2"), Mode: 0o600})
	shown := Build(d, nothing(), Options{Diff: true, Differ: func(p string, _, new []byte) FileDiff {
		return FileDiff{Path: p, Summary: "+1 -0 lines", Unified: string(new)}
	}})
	if len(shown.Diffs) != len(d.Files) {
		t.Errorf("%d diffs, want %d", len(shown.Diffs), len(d.Files))
	}
	if text := fmt.Sprint(shown.Diffs); strings.Contains(text, "hunter2") || !strings.Contains(text, masked) {
		t.Errorf("the secret is shown: %s", text)
	}
	if hidden := Build(d, nothing(), Options{Differ: fakeDiffer}); len(hidden.Diffs) != 0 {
		t.Errorf("diffs without a request: %v", hidden.Diffs)
	}
}

func TestFilesOfTheUserAreNotReplaced(t *testing.T) {
	d := hello()
	o := done(d)
	o.Files[".odpm/.gitignore"] = FileState{Exists: true, Content: []byte("mine\n"), Mode: 0o600}
	if s := Build(d, o, Options{}).Step("project.map_folders"); s.Outcome != Noop {
		t.Errorf("%s: %s", s.Outcome, s.Reason)
	}
}

func TestModesThatMatter(t *testing.T) {
	tests := []struct {
		name       string
		have, want fs.FileMode
		fits       bool
	}{
		{"the same", 0o644, 0o644, true},
		{"a file system with one mode", 0o777, 0o644, true},
		{"a secret that others can read", 0o644, 0o600, false},
		{"an entrypoint that cannot be run", 0o644, 0o755, false},
		{"a read-only file", 0o444, 0o644, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := modeFits(tt.have, tt.want); got != tt.fits {
				t.Errorf("modeFits(%o, %o) = %v", tt.have, tt.want, got)
			}
		})
	}
}

func TestBuildRefusesAFileOfAnUnknownStep(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	d := hello()
	d.Files = append(d.Files, File{Step: "compose.generat", Path: "x"})
	Build(d, nothing(), Options{})
}

func TestBuildDoesNotChangeItsArguments(t *testing.T) {
	d, o := odoo(), done(odoo())
	want, have := fmt.Sprintf("%+v", d), fmt.Sprintf("%+v", o)
	first := Build(d, o, Options{Build: true}).String()
	for range 20 {
		if again := Build(d, o, Options{Build: true}).String(); again != first {
			t.Fatalf("not the same again:\n%s\n%s", first, again)
		}
	}
	if fmt.Sprintf("%+v", d) != want || fmt.Sprintf("%+v", o) != have {
		t.Error("an argument was changed")
	}
}

func TestAPartialStartKeepsTheRecordOfTheOthers(t *testing.T) {
	before := Record{Services: map[string]ServiceRecord{"web": {Document: "old"}, "gone": {Document: "old"}}, Images: map[string]string{"web": "id"}}
	engine := EngineState{Containers: []Container{{Service: "job", State: "exited", ConfigHash: "c", ImageID: "i"}, {Service: "web", OneOff: true}}}
	job := Service{Name: "job", Image: "x", Replicas: 1}
	partial := before.AfterStart(StartServices{Services: []string{"job"}, DocumentHash: "new", Wanted: []Service{job}}, engine)
	want := Record{DocumentHash: "new", Images: before.Images, Services: map[string]ServiceRecord{
		"web": {Document: "old"}, "gone": {Document: "old"}, "job": {Document: "new", ConfigHash: "c", ImageID: "i", Job: true},
	}}
	if d := cmp.Diff(want, partial); d != "" {
		t.Error(d)
	}
	full := before.AfterStart(StartServices{DocumentHash: "new", Wanted: []Service{job}}, engine)
	if got := slices.Collect(maps.Keys(full.Services)); !slices.Equal(got, []string{"job"}) {
		t.Errorf("a full start keeps %v", got)
	}
}

func BenchmarkBuildThousandServices(b *testing.B) {
	d := hello()
	for i := range 1000 {
		name := fmt.Sprintf("s%04d", i)
		d.Services = append(d.Services, Service{Name: name, Image: "hello:1", Replicas: 1})
		d.Fragments = append(d.Fragments, Fragment{Service: name})
		d.Files = append(d.Files, File{Step: "compose.fragments", Path: ".odpm/compose/fragments/" + name + ".yml", Content: []byte(name), Mode: 0o644, Service: name})
		d.Patches = append(d.Patches, Patch{Service: name, Keys: []string{"tty"}})
	}
	o := done(d)
	for b.Loop() {
		Build(d, o, Options{})
	}
}
