package saved_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/devpm/devpm/prepare"
	"github.com/devpm/devpm/prepare/saved"
	"github.com/devpm/devpm/schema"
)

var key = saved.Key(bytes.Repeat([]byte{7}, 32))

func of(outcome prepare.Outcome, cause ...prepare.Change) *prepare.Plan {
	return &prepare.Plan{
		Steps: []prepare.Step{{ID: "compose.up", Description: "Start", Outcome: outcome, Required: true, Reason: "why", Cause: cause, Inputs: []prepare.Input{{Name: ".env", Hash: "abc"}}}},
		Diffs: []prepare.FileDiff{{Path: "docker-compose.yml", Summary: "+1 -1 lines", Unified: "+ hunter2"}},
	}
}

func encode(t *testing.T, p *prepare.Plan) []byte {
	t.Helper()
	text, err := saved.Encode(saved.Plan{
		Devpm: "1.0", Project: saved.Project{Directory: "/p", Name: "p"},
		Inputs: []saved.Input{{Kind: saved.File, Name: "odpm.json", Facts: map[string]string{"content": "<a&b>"}}},
	}, p, key)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestASavedPlanIsReadAsItWasWritten(t *testing.T) {
	text := encode(t, of(prepare.Run, prepare.Change{Key: "docker-compose.yml", Old: "0123456789ab", New: "ba9876543210"}))
	var value any
	if err := json.Unmarshal(text, &value); err != nil {
		t.Fatal(err)
	}
	if faults := schema.SavedPlan().Validate(value); len(faults) > 0 {
		t.Errorf("%+v", faults)
	}
	for _, never := range []string{"hunter2", "0123456789ab", `"abc"`} {
		if bytes.Contains(text, []byte(never)) {
			t.Errorf("it holds %s:\n%s", never, text)
		}
	}
	p, err := saved.Decode(text, key)
	if err != nil || p.Project.Directory != "/p" || len(p.Inputs) != 1 {
		t.Fatalf("%v %+v", err, p)
	}
	if !bytes.Equal(text, encode(t, of(prepare.Run, prepare.Change{Key: "docker-compose.yml", Old: "0123456789ab", New: "ba9876543210"}))) {
		t.Error("the same plan gives other bytes")
	}
	for name, tt := range map[string]struct {
		text []byte
		key  saved.Key
		want error
	}{
		"cut":             {text[:len(text)/2], key, saved.ErrDamaged},
		"edited":          {bytes.Replace(text, []byte(`"why"`), []byte(`"ha!"`), 1), key, saved.ErrDamaged},
		"a field more":    {bytes.Replace(text, []byte(`"devpm": "1.0",`), []byte(`"devpm": "1.0", "x": 1,`), 1), key, saved.ErrDamaged},
		"another key":     {text, saved.Key("another"), saved.ErrKey},
		"another version": {bytes.Replace(text, []byte(`version": 1,`), []byte(`version": 2,`), 1), key, saved.ErrVersion},
		"a plan":          {[]byte(`{"plan_version": 1}`), key, saved.ErrNotAPlan},
		"nothing":         {nil, key, saved.ErrNotAPlan},
	} {
		if _, err := saved.Decode(tt.text, tt.key); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", name, err, tt.want)
		}
	}
}

func TestTheDifferenceNamesStepsAndFiles(t *testing.T) {
	p, err := saved.Decode(encode(t, of(prepare.Noop)), key)
	if err != nil {
		t.Fatal(err)
	}
	same := of(prepare.Noop)
	same.Steps[0].Reason = "another reason to do nothing"
	if d, err := p.Compare(same, key); err != nil || !d.Empty() {
		t.Errorf("%v %+v", err, d)
	}
	now := of(prepare.Run, prepare.Change{Key: "docker-compose.yml", Old: "0123456789ab", New: "ba9876543210"})
	d, err := p.Compare(now, key)
	if err != nil || len(d.Steps) != 1 || d.Steps[0].OldOutcome != "noop" || d.Steps[0].NewOutcome != "run" || len(d.Added()) != 1 || len(d.Files) != 1 {
		t.Errorf("%v %+v", err, d)
	}
	gone, err := p.Compare(&prepare.Plan{}, key)
	if err != nil || !gone.Empty() { // it would have done nothing
		t.Errorf("%v %+v", err, gone)
	}
	p, _ = saved.Decode(encode(t, now), key)
	if d, err := p.Compare(now, key); err != nil || !d.Empty() {
		t.Errorf("%v %+v", err, d)
	}
	other := of(prepare.Run, prepare.Change{Key: "docker-compose.yml", Old: "0123456789ab", New: "aaaaaaaaaaaa"})
	if d, _ := p.Compare(other, key); d.Empty() || len(d.Added()) != 0 || len(d.Files) != 1 {
		t.Errorf("%+v", d)
	}
}

func TestMovedInputsAreSaidInWords(t *testing.T) {
	desired := &prepare.Desired{
		Files: []prepare.File{{Path: "docker-compose.yml"}}, Repositories: []prepare.Repository{{Name: "odoo/odoo", Dir: "/r", Branch: "17.0"}},
		Images: []prepare.Image{{Service: "web", Identity: "i1"}},
	}
	observed := func() *prepare.Observed {
		return &prepare.Observed{
			Files:        map[string]prepare.FileState{"docker-compose.yml": {Exists: true, Content: []byte("a")}},
			Repositories: map[string]prepare.RepositoryState{"/r": {Present: true, Head: strings.Repeat("a", 40), Branch: "17.0", Wanted: strings.Repeat("a", 40), Origin: "https://u:hunter2@h/r"}},
			Engine: prepare.EngineState{
				Images:     map[string]string{"nginx": "sha256:" + strings.Repeat("1", 64)},
				Containers: []prepare.Container{{Name: "p-web-1", ID: "c1", ConfigHash: "h", State: "running", Health: "healthy", Settings: map[string]string{"a": "b"}}},
			},
		}
	}
	sources := func(value string) []saved.Source {
		return []saved.Source{{Kind: saved.Variable, Name: "TOKEN", Hash: []byte(value)}, {Kind: saved.Plugin, Name: ".odpm/plugins/x.py", Hash: []byte("1")}}
	}
	before := saved.Inputs("1.0", sources("hunter2"), desired, observed(), key)
	for _, tt := range []struct {
		name   string
		change func(o *prepare.Observed)
		want   string
	}{
		{"nothing", func(*prepare.Observed) {}, ""},
		{"document", func(o *prepare.Observed) {
			o.Files["docker-compose.yml"] = prepare.FileState{Exists: true, Content: []byte("b")}
		}, "docker-compose.yml was changed on the disk"},
		{"document gone", func(o *prepare.Observed) { o.Files = nil }, "docker-compose.yml is gone"},
		{"branch", func(o *prepare.Observed) {
			s := o.Repositories["/r"]
			s.Head, s.Wanted = strings.Repeat("b", 40), strings.Repeat("b", 40)
			o.Repositories["/r"] = s
		}, "branch 17.0 of odoo/odoo moved from aaaaaaaaaaaa to bbbbbbbbbbbb"},
		{"wanted", func(o *prepare.Observed) {
			s := o.Repositories["/r"]
			s.Wanted = strings.Repeat("b", 40)
			o.Repositories["/r"] = s
		}, "branch 17.0 of odoo/odoo moved from aaaaaaaaaaaa to bbbbbbbbbbbb"},
		{"origin", func(o *prepare.Observed) { s := o.Repositories["/r"]; s.Origin = "x"; o.Repositories["/r"] = s }, "repository odoo/odoo has another origin"},
		{"image", func(o *prepare.Observed) { o.Engine.Images["nginx"] = "sha256:" + strings.Repeat("2", 64) }, "image nginx is another one: 222222222222 was 111111111111"},
		{"recreated", func(o *prepare.Observed) { o.Engine.Containers[0].ID = "c2" }, "container p-web-1 was recreated"},
		{"stopped", func(o *prepare.Observed) { o.Engine.Containers[0].State = "exited" }, "container p-web-1 is exited, and was running"},
		{"unhealthy", func(o *prepare.Observed) { o.Engine.Containers[0].Health = "unhealthy" }, "container p-web-1 is unhealthy, and was healthy"},
		{"updated", func(o *prepare.Observed) { o.Engine.Containers[0].Settings = map[string]string{"a": "c"} }, "container p-web-1 was changed while it runs"},
		{"removed", func(o *prepare.Observed) { o.Engine.Containers = nil }, "container p-web-1 is gone"},
	} {
		o := observed()
		tt.change(o)
		var got []string
		for _, m := range saved.Compare(before, saved.Inputs("1.0", sources("hunter2"), desired, o, key)) {
			got = append(got, m.Text)
		}
		if d := cmp.Diff(tt.want, strings.Join(got, "; ")); d != "" {
			t.Errorf("%s: %s", tt.name, d)
		}
	}
	moved := saved.Compare(before, saved.Inputs("1.1", sources("hunter3")[:1], desired, observed(), key))
	var got []string
	for _, m := range moved {
		got = append(got, m.Text)
	}
	want := []string{"the plan was saved by devpm 1.0, and this is 1.1", "the variable TOKEN of the process environment changed", "plugin .odpm/plugins/x.py is gone"}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if text, _ := json.Marshal(before); bytes.Contains(text, []byte("hunter2")) {
		t.Errorf("a secret: %s", text)
	}
}

// FuzzDecode: whatever stands in the file, it is read or refused, and only what
// was sealed is read.
func FuzzDecode(f *testing.F) {
	text, err := saved.Encode(saved.Plan{Devpm: "1", Project: saved.Project{Directory: "/p"}}, of(prepare.Run), key)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte(`{"saved_plan_version": 1}`))
	f.Fuzz(func(t *testing.T, content []byte) {
		p, err := saved.Decode(content, key)
		if err != nil {
			return
		}
		if _, err := p.Compare(&prepare.Plan{}, key); err != nil {
			t.Fatal(err)
		}
	})
}
