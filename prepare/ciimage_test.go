package prepare

import (
	"slices"
	"strings"
	"testing"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/manifest"
)

// inCI is the fixture in the scenario ci; the image of web is there and built
// from what is wanted.
func inCI() (*Desired, *Observed) {
	d := odoo()
	inScenario(d, "ci")
	d.Images = nil
	d.CIImage = &CIImage{Service: "web", Tag: "hello:1", Identity: "id1"}
	o := done(d)
	o.Engine.Identities = map[string]string{"hello:1": "id1"}
	return d, o
}

func TestBuildImage(t *testing.T) {
	for _, tt := range []struct {
		name    string
		change  func(*Desired, *Observed)
		opt     Options
		outcome Outcome
		why     string
		refused diag.Code
	}{
		{"built from the same", func(*Desired, *Observed) {}, Options{}, Noop, "image hello:1 was built from the same content", ""},
		{"asked for", func(*Desired, *Observed) {}, Options{Build: true}, Update, "asked for with --build", ""},
		{"other content", func(_ *Desired, o *Observed) { o.Engine.Identities["hello:1"] = "id9" }, Options{}, Update, "sources, requirements or settings changed since it was built", ""},
		{"built by hand", func(_ *Desired, o *Observed) { o.Engine.Identities = nil }, Options{}, Update, "image hello:1 was not built by devpm", ""},
		{"not there", func(_ *Desired, o *Observed) { delete(o.Engine.Images, "hello:1") }, Options{}, Update, "image hello:1 is not on the engine", ""},
		{"no engine was asked", func(_ *Desired, o *Observed) { o.Engine = EngineState{} }, Options{NoDocker: true}, Update, "nobody looked whether the engine has it", ""},
		{"a source is missing", func(d *Desired, o *Observed) { delete(o.Repositories, "/src/odoo"); d.CIImage.Identity = "" }, Options{}, Update, "what goes into it is known after git.materialize", ""},
		{"a source cannot be read", func(d *Desired, _ *Observed) {
			d.CIImage.Identity, d.CIImage.Problem = "", diag.List{{Code: diag.CIImageSource, Message: "no"}}
		}, Options{}, Update, "what goes into it could not be read", diag.CIImageSource},
		{"offline", func(d *Desired, o *Observed) { d.Offline = &Offline{}; o.Engine.Identities = nil }, Options{}, Update, "image hello:1 was not built by devpm", diag.OfflineBuild},
		{"offline and the same", func(d *Desired, _ *Observed) { d.Offline = &Offline{} }, Options{}, Noop, "image hello:1 was built from the same content", ""},
		{"offline, asked for", func(d *Desired, _ *Observed) { d.Offline = &Offline{} }, Options{Build: true}, Update, "asked for with --build", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d, o := inCI()
			tt.change(d, o)
			tt.opt.BuildImage = true
			plan := Build(d, o, tt.opt)
			checkSanity(t, plan)
			s := plan.Step("ci.build_image")
			if s == nil || s.Outcome != tt.outcome || s.Reason != tt.why || !s.Required {
				t.Fatalf("%+v", s)
			}
			bakes := false
			for _, a := range s.Actions {
				_, bake := a.(BakeImage)
				bakes = bakes || bake
			}
			if bakes != (tt.outcome == Update && tt.refused == "") {
				t.Errorf("actions: %v", s.Actions)
			}
			if list := plan.Refusals(); len(list) > 0 != (tt.refused != "") || len(list) > 0 && list[0].Code != tt.refused {
				t.Errorf("refusals: %v", list)
			}
			if plan.Step("compose.up") != nil || plan.ComposeUp != nil {
				t.Error("it would start something")
			}
			for _, id := range []string{"hooks.pre_up", "hooks.post_up"} {
				if s := plan.Step(id); s.Outcome != Skip || s.Reason != "not run with --build-image" {
					t.Errorf("%s: %+v", id, s)
				}
			}
			if !plan.Step("hooks.post_prepare").Boundary {
				t.Error("what post_prepare makes does not go into the image")
			}
		})
	}
}

func TestAStartInCINeedsItsImage(t *testing.T) {
	d, o := inCI()
	if list := Build(d, o, Options{}).Refusals(); len(list) > 0 {
		t.Fatalf("with the image: %v", list)
	}
	delete(o.Engine.Images, "hello:1")
	for _, phase := range []string{manifest.PostClone, manifest.PostPrepare, manifest.PreUp} {
		delete(d.Hooks, phase)
	}
	list := Build(d, o, Options{}).Refusals()
	if len(list) != 1 || list[0].Code != diag.CIImageAbsent || !strings.Contains(list[0].Fix, "--build-image") {
		t.Errorf("without: %v", list)
	}
	for name, change := range map[string]func(*Desired, *Observed, *Options){
		"a registry may have it": func(d *Desired, _ *Observed, _ *Options) { d.CIImage.Elsewhere = true },
		"nothing starts":         func(_ *Desired, _ *Observed, opt *Options) { opt.SkipStart = true },
		"another service":        func(_ *Desired, _ *Observed, opt *Options) { opt.Services = []string{"job"} },
		"nobody looked":          func(_ *Desired, o *Observed, opt *Options) { o.Engine, opt.NoDocker = EngineState{}, true },
		"a hook before it may bring one": func(d *Desired, _ *Observed, _ *Options) {
			d.Hooks[manifest.PreUp] = []manifest.HookEntry{{Run: []manifest.Text{{Value: "true"}}}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			d, o := inCI()
			delete(o.Engine.Images, "hello:1")
			for _, phase := range []string{manifest.PostClone, manifest.PostPrepare, manifest.PreUp} {
				delete(d.Hooks, phase)
			}
			opt := Options{}
			change(d, o, &opt)
			plan := Build(d, o, opt)
			if list := plan.Refusals(); len(list) > 0 {
				t.Errorf("%v", list)
			}
			hook := plan.Step("hooks.pre_up")
			if hook == nil || hook.Outcome != Run {
				return
			}
			late, _ := plan.Step("compose.up").Actions[0].(Refuse)
			if !hook.Boundary || !late.Late {
				t.Error("the hook's image would not be looked for")
			}
		})
	}
}

func TestPushImage(t *testing.T) {
	d, o := inCI()
	plan := Build(d, o, Options{BuildImage: true, PushImage: true})
	checkSanity(t, plan)
	s := plan.Step("ci.push_image")
	if s == nil || s.Outcome != Run || !s.Required || len(s.Actions) != 1 || s.Actions[0] != (PushImage{Tag: "hello:1"}) || !slices.Contains(s.DependsOn, "ci.build_image") {
		t.Fatalf("%+v", s)
	}
	if plan := Build(d, o, Options{BuildImage: true}); plan.Step("ci.push_image") != nil {
		t.Error("a push that nobody asked for")
	}
}
