package extensions

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/extensions/protocol"
	"github.com/devpm/devpm/manifest"
)

// fake is a program that answers from memory.
type fake struct {
	registrations []protocol.Registration
	notices       []protocol.Notice
	services      map[string]string
	patches       map[string]string
	stack         protocol.Stack
	findings      []protocol.Finding
	outcomes      map[string][]string // of a step, one answer after the other
	fails         map[string]error    // by method
	asked         []string
	mode          protocol.Mode
	ended, closed bool
}

func (f *fake) call(method, name string) error {
	f.asked = append(f.asked, strings.TrimSpace(method+" "+name))
	return f.fails[method]
}

func (f *fake) Capabilities() []protocol.Capability { return nil }
func (f *fake) Version() string                     { return "1.2.3" }
func (f *fake) Describe(context.Context) (*protocol.Description, error) {
	return &protocol.Description{Registrations: f.registrations, Notices: f.notices}, f.call("describe", "")
}

func (f *fake) Evaluate(_ context.Context, id string) (protocol.Evaluation, error) {
	list := f.outcomes[id]
	if len(list) == 0 {
		list = []string{"run"}
	}
	if len(list) > 1 {
		f.outcomes[id] = list[1:]
	}
	return protocol.Evaluation{Outcome: list[0], Required: true, Reason: "because"}, f.call("evaluate", id)
}
func (f *fake) Execute(_ context.Context, id string) error { return f.call("execute", id) }
func (f *fake) Services(_ context.Context, name string) (json.RawMessage, error) {
	return json.RawMessage(f.services[name]), f.call("services", name)
}

func (f *fake) Patches(_ context.Context, name string) (json.RawMessage, error) {
	return json.RawMessage(f.patches[name]), f.call("patches", name)
}
func (f *fake) RunHook(_ context.Context, id, phase string) error {
	return f.call("hook", id+" "+phase)
}
func (f *fake) Secrets(_ context.Context, name string, _ []string) (map[string]string, error) {
	return map[string]string{"k": "v"}, f.call("secrets", name)
}

func (f *fake) Stack(_ context.Context, name string) (protocol.Stack, error) {
	return f.stack, f.call("stack", name)
}

func (f *fake) Policy(_ context.Context, name string, _ json.RawMessage) ([]protocol.Finding, error) {
	return f.findings, f.call("policy", name)
}
func (f *fake) Ended() bool  { return f.ended }
func (f *fake) Close() error { f.closed = true; return nil }

// program is a package of which f is the program.
func (f *fake) program(name string) *Program {
	return &Program{
		Name: name, Extensions: []*Info{{Name: name, Source: "store", Runtime: RuntimeExec}},
		Start: func(_ context.Context, mode protocol.Mode, i protocol.Initialize) (Session, error) {
			f.mode = mode
			if i.Mode != mode {
				return nil, errors.New("the modes differ")
			}
			return f, f.fails["start"]
		},
	}
}

func input(programs ...*Program) Input {
	return Input{
		Programs:     programs,
		ReservedStep: func(id string) bool { return id == "compose.up" },
	}
}

func texts(list diag.List) []string {
	var out []string
	for _, d := range list.Sorted() {
		out = append(out, d.Range.String()+" "+d.Severity.String()+" "+string(d.Code)+" "+d.Message)
	}
	return out
}

func reg(kind protocol.Kind, name string) protocol.Registration {
	return protocol.Registration{Kind: kind, Name: name}
}

func TestNothingStartsWhereThereIsNothing(t *testing.T) {
	var c diag.Collector
	got := Collect(t.Context(), Input{}, &c)
	defer got.Close()
	if len(got.Extensions)+len(got.Fragments) > 0 || !got.Loaded() || len(c.List()) > 0 {
		t.Errorf("%+v", got)
	}
}

func TestCollect(t *testing.T) {
	mail := &fake{
		registrations: []protocol.Registration{reg(protocol.KindFragment, "mail"), reg(protocol.KindPatch, "mail"), reg(protocol.KindStep, "mail.seed"), reg("later", "x")},
		services:      map[string]string{"mail": `{"mailpit":{"image":"axllent/mailpit"}}`},
		patches:       map[string]string{"mail": `{"web":{"environment":{"SMTP":"mailpit"}}}`},
	}
	tools := &fake{registrations: []protocol.Registration{
		{Kind: protocol.KindStep, Name: "tools.late", Order: new(950)}, {Kind: protocol.KindStep, Name: "tools.early", Order: new(5)},
		{Kind: protocol.KindStep, Name: "tools.first", Order: new(0)},
		{Kind: protocol.KindHook, Name: "tools.warmup", Phases: []string{"post_prepare"}}, reg(protocol.KindSecrets, "vault"),
	}}
	data := &Program{Name: "data", Extensions: []*Info{{Name: "data", Runtime: RuntimeDeclarative}}, Data: &Contribution{}}
	var c diag.Collector
	in := input(tools.program("tools"), mail.program("mail"), data)
	in.Left = []*Info{{Name: "off", Left: "disabled"}}
	saw := map[string]string{}
	in.Saw = func(file string, text []byte) { saw[file] = string(text) }
	got := Collect(t.Context(), in, &c)
	if len(c.List()) > 0 {
		t.Fatal(texts(c.List()))
	}
	var names []string
	for _, i := range got.Extensions {
		names = append(names, i.Name)
	}
	if want := []string{"data", "mail", "off", "tools"}; !slices.Equal(names, want) || got.Loaded() {
		t.Errorf("extensions %v, loaded %v", names, got.Loaded())
	}
	if want := []protocol.Capability{protocol.PrepareSteps, protocol.ComposeFragment, protocol.ComposePatch}; !slices.Equal(got.Extensions[1].Capabilities, want) {
		t.Errorf("capabilities %v", got.Extensions[1].Capabilities)
	}
	if got.Extensions[1].Version != "1.2.3" {
		t.Errorf("version %q", got.Extensions[1].Version)
	}
	if want := []string{"mailpit"}; !slices.Equal(got.Services(), want) {
		t.Errorf("services %v", got.Services())
	}
	image := got.Fragments[0].Services.Get("mailpit").Get("image")
	if at := image.Range.String(); at != "extension mail: compose.services:3:14" || saw["extension mail: compose.services"] == "" {
		t.Errorf("the image is at %s, seen: %v", at, saw)
	}
	var order []string
	for _, s := range got.Evaluate(t.Context(), &c) {
		order = append(order, s.ID)
	}
	if want := []string{"tools.first", "tools.early", "tools.late", "mail.seed"}; !slices.Equal(order, want) {
		t.Errorf("steps %v", order)
	}
	if who, ok := got.RunsPhase("tools.warmup", "post_prepare"); who != "tools" || !ok {
		t.Error("the hook runner is not known")
	}
	if _, ok := got.RunsPhase("tools.warmup", "pre_up"); ok {
		t.Error("a phase that the runner lacks")
	}
	if slices.Contains(mail.asked, "execute mail.seed") || mail.mode != protocol.ModePlan {
		t.Errorf("planning did %v in mode %s", mail.asked, mail.mode)
	}
	got.Close()
	if !mail.closed || !tools.closed {
		t.Error("a program was left running")
	}
}

func TestFindingsNameTheExtensions(t *testing.T) {
	step := reg(protocol.KindStep, "seed")
	tests := []struct {
		name     string
		programs []*Program
		want     []string
	}{
		{"a step twice, of two extensions", []*Program{(&fake{registrations: []protocol.Registration{step}}).program("a"), (&fake{registrations: []protocol.Registration{step}}).program("b")},
			[]string{` error DPM7601 the extensions a and b both have a step "seed"`}},
		{"a hook runner twice, of one", []*Program{(&fake{registrations: []protocol.Registration{reg(protocol.KindHook, "h"), reg(protocol.KindHook, "h")}}).program("a")},
			[]string{` error DPM7601 the extension a has the hook runner "h" twice`}},
		{"a step of devpm", []*Program{(&fake{registrations: []protocol.Registration{reg(protocol.KindStep, "compose.up")}}).program("a")},
			[]string{` error DPM7602 the extension a has a step "compose.up", which is a step of devpm`}},
		{"a program that cannot start, and one that can", []*Program{
			(&fake{fails: map[string]error{"start": errors.New("boom")}}).program("a"),
			(&fake{fails: map[string]error{"services": &failure{}}, registrations: []protocol.Registration{reg(protocol.KindFragment, "f")}}).program("b"),
		}, []string{" error DPM7600 the extension a cannot be used: boom", " error DPM7199 said by the host"}},
		{"services with a key twice", []*Program{(&fake{registrations: []protocol.Registration{reg(protocol.KindFragment, "a")}, services: map[string]string{"a": `{"x":{},"x":{}}`}}).program("a")},
			[]string{`extension a: compose.services:3:3 error DPM1002 the key "x"`}},
		{"notices: a known code counts, another is not taken", []*Program{(&fake{notices: []protocol.Notice{
			{Severity: "warning", Code: "DPM7601", Message: "known"}, {Severity: "error", Code: "DPM6001", Message: "forged", Source: ".odpm/plugins/x.py", Line: 3},
		}}).program("a")}, []string{" warning DPM7601 known", ".odpm/plugins/x.py:3:1 error DPM7603 the extension a says: forged"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var c diag.Collector
			got := Collect(t.Context(), input(tt.programs...), &c)
			defer got.Close()
			list := texts(c.List())
			if len(list) != len(tt.want) {
				t.Fatalf("got %q", list)
			}
			for _, want := range tt.want {
				if !slices.ContainsFunc(list, func(s string) bool { return strings.HasPrefix(s, want) }) {
					t.Errorf("got %q, want %q", list, want)
				}
			}
			for _, d := range c.List() {
				if d.Fix == "" && d.Code != "DPM7199" {
					t.Errorf("no fix: %s", d)
				}
			}
		})
	}
}

// failure is an error as the host makes them.
type failure struct{}

func (*failure) Error() string { return "said by the host" }
func (*failure) Diagnostics() diag.List {
	return diag.List{{Code: "DPM7199", Message: "said by the host"}}
}

func TestOneProgramOfManyPlugins(t *testing.T) {
	f := &fake{registrations: []protocol.Registration{
		{Kind: protocol.KindStep, Name: "local.a", Source: ".odpm/plugins/a.py"}, {Kind: protocol.KindHook, Name: "local.b", Extension: "b"},
	}}
	p := f.program("the project's plugins")
	p.Extensions = []*Info{{Name: "a", Source: ".odpm/plugins/a.py"}, {Name: "b", Source: ".odpm/plugins/b.py"}}
	var c diag.Collector
	got := Collect(t.Context(), input(p), &c)
	defer got.Close()
	if who, _ := got.RunsPhase("local.b", "pre_up"); who != "b" || got.Extensions[0].Version != "" {
		t.Errorf("the runner is %q's", who)
	}
	if s := got.Evaluate(t.Context(), &c); len(s) != 1 || s[0].Extension != "a" || s[0].Order != 1000 {
		t.Errorf("steps %+v", s)
	}
}

func TestExecution(t *testing.T) {
	planning := &fake{
		registrations: []protocol.Registration{reg(protocol.KindStep, "seed"), reg(protocol.KindHook, "warmup"), reg(protocol.KindSecrets, "vault")},
		outcomes:      map[string][]string{"seed": {"run", "noop"}},
	}
	p := planning.program("tools")
	executing := &fake{}
	start := p.Start
	started := 0
	p.Start = func(ctx context.Context, mode protocol.Mode, i protocol.Initialize) (Session, error) {
		if mode == protocol.ModePlan {
			return start(ctx, mode, i)
		}
		started++
		return executing, nil
	}
	var c diag.Collector
	got := Collect(t.Context(), input(p), &c)
	defer got.Close()
	e := &Execution{Collected: got}
	if did, err := e.Step(t.Context(), "seed"); !did || err != nil {
		t.Fatal(did, err)
	}
	if did, err := e.Step(t.Context(), "seed"); did || err != nil {
		t.Error("a step that has nothing to do any more was carried out", err)
	}
	if err := e.Hook(t.Context(), "warmup", "pre_up"); err != nil {
		t.Error(err)
	}
	if v, err := e.Secrets(t.Context(), "vault", []string{"k"}); err != nil || v["k"] != "v" {
		t.Error(v, err)
	}
	e.Close()
	if d := cmp.Diff([]string{"describe", "execute seed", "hook warmup pre_up", "secrets vault"}, executing.asked); d != "" || started != 1 || !executing.closed {
		t.Errorf("%s started %d, closed %v", d, started, executing.closed)
	}
	if err := e.Hook(t.Context(), "warmup", "pre_up"); err == nil {
		t.Error("a program started after the end")
	}
	if slices.Contains(planning.asked, "execute seed") {
		t.Error("the planning program was asked to execute")
	}
	if err := e.Hook(t.Context(), "gone", "pre_up"); err == nil {
		t.Error("a runner that is not there")
	}
}

func TestStacksAndPolicies(t *testing.T) {
	f := &fake{
		registrations: []protocol.Registration{reg(protocol.KindStack, "rails"), reg(protocol.KindStack, "other"), reg(protocol.KindPolicy, "house")},
		stack:         protocol.Stack{Services: json.RawMessage(`{"web":{"image":"rails"}}`), Volumes: json.RawMessage(`{"data":{}}`)},
		findings:      []protocol.Finding{{Severity: "error", Path: "services.web.image", Message: "no tag"}, {Severity: "warning", Path: "x", Message: "hm", Fix: "do"}},
	}
	var c diag.Collector
	in := input(f.program("rails-tools"))
	in.Stack = "rails"
	got := Collect(t.Context(), in, &c)
	defer got.Close()
	if got.Stack == nil || got.Stack.Services.Get("web") == nil || got.Stack.Volumes.Get("data") == nil || got.Stack.Networks != nil {
		t.Errorf("stack %+v", got.Stack)
	}
	if slices.Contains(f.asked, "stack other") {
		t.Error("a stack was asked for that nobody wants")
	}
	got.Judge(t.Context(), json.RawMessage(`{}`), func(path string) diag.Range { return diag.Range{File: "odpm.json"} }, &c)
	want := []string{
		"odpm.json error DPM7607 no tag (policy house of the extension rails-tools)",
		"odpm.json warning DPM7607 hm (policy house of the extension rails-tools)",
	}
	if d := cmp.Diff(want, texts(c.List())); d != "" {
		t.Error(d)
	}
}

// A hook whose failure is tolerated may end its program; the next one is not to
// suffer for it.
func TestAProgramThatEndedIsStartedAnew(t *testing.T) {
	planning := &fake{registrations: []protocol.Registration{reg(protocol.KindHook, "warmup")}}
	p := planning.program("tools")
	boom := errors.New("boom")
	first, second := &fake{fails: map[string]error{"hook": boom}}, &fake{}
	start, next := p.Start, []*fake{first, second}
	p.Start = func(ctx context.Context, mode protocol.Mode, i protocol.Initialize) (Session, error) {
		if mode == protocol.ModePlan {
			return start(ctx, mode, i)
		}
		s := next[0]
		next = next[1:]
		return s, nil
	}
	var c diag.Collector
	got := Collect(t.Context(), input(p), &c)
	defer got.Close()
	e := &Execution{Collected: got}
	defer e.Close()
	for range 2 { // a failure alone ends no program
		if err := e.Hook(t.Context(), "warmup", "pre_up"); !errors.Is(err, boom) || first.closed {
			t.Error(err, first.closed)
		}
	}
	first.ended = true
	if err := e.Hook(t.Context(), "warmup", "pre_up"); !errors.Is(err, boom) || !first.closed {
		t.Error(err, first.closed)
	}
	if err := e.Hook(t.Context(), "warmup", "post_up"); err != nil || !slices.Contains(second.asked, "hook warmup post_up") {
		t.Errorf("%v, asked %v", err, second.asked)
	}
}

// A package may have a program and contribute data beside it.
func TestDataCountsBesideAProgram(t *testing.T) {
	f := &fake{
		registrations: []protocol.Registration{reg(protocol.KindFragment, "mail")},
		services:      map[string]string{"mail": `{"mailpit":{"image":"axllent/mailpit"}}`},
	}
	p := f.program("mail")
	var c diag.Collector
	p.Data = &Contribution{Services: manifest.ReadJSON("extension.yml", []byte(`{"relay":{"image":"relay"}}`), &c)}
	got := Collect(t.Context(), input(p), &c)
	defer got.Close()
	if want := []string{"relay", "mailpit"}; !slices.Equal(got.Services(), want) || len(c.List()) > 0 {
		t.Errorf("services %v, %q", got.Services(), texts(c.List()))
	}
}

// A small answer must not become a large one by the way in which it is shown.
func TestAnswersAreKeptAsShortAsTheyCome(t *testing.T) {
	nested := func(depth int, inner string) string {
		return `{"deep":` + strings.Repeat(`{"a":`, depth) + inner + strings.Repeat("}", depth) + "}"
	}
	for name, answer := range map[string]string{
		"deeper than is read": nested(9_000, "1"),
		"wide and deep":       nested(150, "["+strings.Repeat("0,", 200_000)+"0]"),
	} {
		f := &fake{registrations: []protocol.Registration{reg(protocol.KindFragment, "f")}, services: map[string]string{"f": answer}}
		in := input(f.program("a"))
		kept := 0
		in.Saw = func(_ string, text []byte) { kept += len(text) }
		var c diag.Collector
		Collect(t.Context(), in, &c).Close()
		if kept != len(answer)+1 {
			t.Errorf("%s: %d bytes became %d", name, len(answer), kept)
		}
	}
}

func TestWhatOneProgramAnswersHasALimit(t *testing.T) {
	f := &fake{services: map[string]string{}}
	for i := range 20 {
		name := fmt.Sprintf("f%d", i)
		f.registrations = append(f.registrations, reg(protocol.KindFragment, name))
		f.services[name] = `{"` + name + `":{"image":"` + strings.Repeat("x", 7<<20) + `"}}`
	}
	in := input(f.program("a"))
	kept := 0
	in.Saw = func(_ string, text []byte) { kept += len(text) }
	var c diag.Collector
	Collect(t.Context(), in, &c).Close()
	if kept > maxTexts+8<<20 {
		t.Errorf("%d MiB are kept", kept>>20)
	}
	if list := texts(c.List()); len(list) != 1 || !strings.Contains(list[0], "the extension a answered with more than 64 MiB in all") {
		t.Errorf("%q", list)
	}
}
