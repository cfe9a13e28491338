package prepare

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/devpm/devpm/diag"
)

// running is hello with values, up and running.
func running() (*Desired, *Observed) {
	d := hello()
	d.HashKey = []byte("this user's key")
	d.Services[0].Leaves = []Leaf{
		{Path: "services.web.image", Value: `"hello:1"`},
		{Path: "services.web.environment.GREETING", Value: `"Hello"`, Range: diag.Range{File: "odpm.json", Start: diag.Position{Line: 9, Column: 35}}},
		{Path: "services.web.environment.TOKEN", Value: `"hunter2"`, Secret: true},
		{Path: "services.web.ports[0]", Value: `"8080:80"`},
	}
	d.Shared = []Leaf{{Path: "networks.n.driver", Value: `"bridge"`}}
	settings := map[string]string{"image": "hello:1", "environment.GREETING": "Hello", "environment.TOKEN": "hunter2", "networks.p_default": "connected"}
	o := done(d)
	o.Engine.Containers[0].Settings = settings
	start := StartServices{DocumentHash: Hash([]byte(document)), Wanted: d.Services[:2], Shared: d.Shared, HashKey: d.HashKey}
	o.Record = o.Record.AfterStart(start, o.Engine)
	o.Applied = Applied{}.AfterStart(start, o.Engine)
	return d, o
}

// edited is d with another document and changed leaves of web.
func edited(d *Desired, change func(leaves []Leaf) []Leaf) *Desired {
	d.Services[0].Leaves = change(slices.Clone(d.Services[0].Leaves))
	for i := range d.Files {
		if d.Files[i].Step == "compose.generate" {
			d.Files[i].Content = []byte(document + "# edited\n")
		}
	}
	return d
}

func TestDriftIsToldByKey(t *testing.T) {
	set := func(i int, value string) func([]Leaf) []Leaf {
		return func(l []Leaf) []Leaf { l[i].Value = value; return l }
	}
	outside := func(change func(c *Container)) func(*Desired, *Observed) {
		return func(_ *Desired, o *Observed) {
			o.Engine.Containers[0].Settings = maps.Clone(o.Engine.Containers[0].Settings)
			change(&o.Engine.Containers[0])
		}
	}
	for _, tt := range []struct {
		name   string
		change func(d *Desired, o *Observed)
		reason string // "" for a noop
		cause  []Change
	}{
		{"nothing", func(*Desired, *Observed) {}, "", nil},
		{"another order of keys and another comment", func(d *Desired, _ *Observed) {
			edited(d, func(l []Leaf) []Leaf { slices.Reverse(l); return l })
		}, "", nil},
		{"a changed value", func(d *Desired, _ *Observed) { edited(d, set(1, `"Hi"`)) }, "web is recreated for environment.GREETING",
			[]Change{{Key: "services.web.environment.GREETING", Old: `"Hello"`, New: `"Hi"`, Range: diag.Range{File: "odpm.json", Start: diag.Position{Line: 9, Column: 35}}, Effect: Recreate}}},
		{"a changed secret is never shown", func(d *Desired, _ *Observed) { edited(d, set(2, `"hunter3"`)) }, "web is recreated for environment.TOKEN",
			[]Change{{Key: "services.web.environment.TOKEN", Old: "<secret>", New: "<secret>", Effect: Recreate}}},
		{"one more, one less", func(d *Desired, _ *Observed) {
			edited(d, func(l []Leaf) []Leaf { return append(l[:3], Leaf{Path: "services.web.user", Value: `"1000"`}) })
		}, "web is recreated for user and ports[0]",
			[]Change{{Key: "services.web.user", New: `"1000"`, Effect: Recreate}, {Key: "services.web.ports[0]", Old: `"8080:80"`, Effect: Recreate}}},
		{"what was applied is not known", func(d *Desired, o *Observed) { edited(d, set(1, `"Hi"`)); o.Applied = Applied{} },
			"web was started from another document; what differs is unknown, job was started from another document; what differs is unknown",
			[]Change{
				{Key: "services.web", Old: short(Hash([]byte(document))), New: short(Hash([]byte(document + "# edited\n"))), Effect: Recreate},
				{Key: "services.job", Old: short(Hash([]byte(document))), New: short(Hash([]byte(document + "# edited\n"))), Effect: Recreate},
			}},
		{"a shared value", func(d *Desired, _ *Observed) {
			d.Shared = []Leaf{{Path: "networks.n.driver", Value: `"overlay"`}}
		}, "networks.n.driver changes", []Change{{Key: "networks.n.driver", Old: `"bridge"`, New: `"overlay"`}}},
		{"docker update", outside(func(c *Container) { c.Settings["mem_limit"] = "67108864" }), "web was changed outside devpm: mem_limit",
			[]Change{{Key: "services.web.mem_limit", Old: "67108864", New: "nothing", Effect: Recreate}}},
		{"made anew by hand, with another value and another secret", outside(func(c *Container) {
			c.ConfigHash, c.Settings["environment.GREETING"], c.Settings["environment.TOKEN"] = "other", "Hey", "hunter3"
		}), "web was changed outside devpm: environment.GREETING and environment.TOKEN", []Change{
			{Key: "services.web.environment.GREETING", Old: "Hey", New: "Hello", Range: diag.Range{File: "odpm.json", Start: diag.Position{Line: 9, Column: 35}}, Effect: Recreate},
			{Key: "services.web.environment.TOKEN", Old: "<secret>", New: "<secret>", Effect: Recreate},
		}},
		{"made anew by hand, nobody knows how", func(_ *Desired, o *Observed) {
			o.Engine.Containers[0].ConfigHash, o.Engine.Containers[0].Settings = "other", nil
		}, "web was changed outside devpm", []Change{{Key: "services.web", Old: "other", New: "h1", Effect: Recreate}}},
		{"a network more is the user's", outside(func(c *Container) { c.Settings["networks.debug"] = "connected" }), "", nil},
		{"a network less is not", outside(func(c *Container) { delete(c.Settings, "networks.p_default") }), "web was changed outside devpm: networks.p_default",
			[]Change{{Key: "services.web.networks.p_default", Old: "nothing", New: "connected", Effect: Recreate}}},
		{"stopped", outside(func(c *Container) { c.State = "exited" }), "web is stopped", []Change{{Key: "services.web", Old: "stopped", New: "running", Effect: Start}}},
		{"another image behind the name", func(_ *Desired, o *Observed) { o.Engine.Images["hello:1"] = "sha256:2" }, "web runs an older image, job runs an older image",
			[]Change{{Key: "services.web", Old: "1", New: "2", Effect: NewImage}, {Key: "services.job", Old: "1", New: "2", Effect: NewImage}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d, o := running()
			tt.change(d, o)
			up := Build(d, o, Options{}).Step("compose.up")
			if (up.Outcome == Noop) != (tt.reason == "") || tt.reason != "" && up.Reason != tt.reason {
				t.Errorf("%s: %s", up.Outcome, up.Reason)
			}
			if diff := cmp.Diff(tt.cause, up.Cause); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAppliedKeepsTheOthersAndNoSecret(t *testing.T) {
	d, o := running()
	again := o.Applied.AfterStart(StartServices{Services: []string{"job"}, Wanted: d.Services[1:2]}, o.Engine)
	if diff := cmp.Diff(o.Applied, again); diff != "" {
		t.Errorf("a start of one service changed what is known of another:\n%s", diff)
	}
	web := o.Applied.Services["web"]
	for _, values := range []map[string]string{web.Config, web.Container} {
		for key, value := range values {
			// A plain hash would let who has the file try passwords out.
			plain := value == hashed+Hash([]byte("hunter2")) || value == hashed+Hash([]byte(`"hunter2"`))
			if plain || strings.Contains(value, "hunter2") || strings.Contains(key, "TOKEN") && !strings.HasPrefix(value, hashed) {
				t.Errorf("%s: %s", key, value)
			}
		}
	}
	if none := o.Applied.AfterStart(StartServices{Wanted: d.Services[1:2]}, EngineState{}); len(none.Services) != 0 {
		t.Errorf("%+v", none)
	}
}

func TestTheIdentityOfSettingsIsKeyed(t *testing.T) {
	d, o := running()
	settings := o.Engine.Containers[0].Settings
	plain := Hash(settingsText(settings))
	web := o.Record.Services["web"]
	if web.Settings == plain || web.Settings != SettingsIdentity(d.HashKey, settings) || web.Settings == SettingsIdentity([]byte("another key"), settings) {
		t.Errorf("who has the record could try passwords out: %s", web.Settings)
	}
	// A record of an earlier version, beside values hashed without a key.
	web.Settings = plain
	o.Record.Services["web"] = web
	o.Applied.Services["web"].Container["environment.TOKEN"] = hashed + Hash([]byte("hunter2"))
	if up := Build(d, o, Options{}).Step("compose.up"); up.Outcome != Noop || o.Record.Differs(d, o.Engine) {
		t.Errorf("a record without a key: %s: %s", up.Outcome, up.Reason)
	}
	settings["environment.GREETING"] = "Bye"
	if up := Build(d, o, Options{}).Step("compose.up"); up.Outcome == Noop || !o.Record.Differs(d, o.Engine) {
		t.Error("a change is not seen against a record without a key")
	}
}

func TestWhatWasAppliedIsReadOnlyWhenSomethingDiffers(t *testing.T) {
	d, o := running()
	if o.Record.Differs(d, o.Engine) {
		t.Error("nothing differs")
	}
	o.Engine.Containers[0].Settings = map[string]string{"image": "other"}
	if !o.Record.Differs(d, o.Engine) {
		t.Error("a container differs")
	}
	d, o = running()
	if !o.Record.Differs(edited(d, func(l []Leaf) []Leaf { return l }), o.Engine) {
		t.Error("the document differs")
	}
}
