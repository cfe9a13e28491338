package prepare

import "testing"

// TestImagesOfOthers has several work trees whose images have one name.
func TestImagesOfOthers(t *testing.T) {
	built := func(record, marked, container string) func(*Observed) {
		return func(o *Observed) {
			o.Record.Images = map[string]string{"web": record}
			o.Engine.Images["hello:1"] = "sha256:2" // the services were started with another
			o.Engine.Identities = map[string]string{"hello:1": marked}
			for i := range o.Engine.Containers {
				o.Engine.Containers[i].ImageIdentity = container
			}
		}
	}
	const settled, older = "2 services are up as wanted", "web runs an older image"
	for _, tt := range []struct {
		name   string
		change func(*Observed)
		opt    Options
		build  Outcome
		why    string
		up     string
	}{
		{"built by another work tree, from the same", built("", "id1", "id1"), Options{}, Noop, "image hello:1 is on the engine, built from the same content", settled},
		{"built again by another work tree", built("id1", "id1", "id1"), Options{}, Noop, "built from the same content before", settled},
		{"built from something else by another work tree", built("id1", "id9", "id1"), Options{}, Update, "image hello:1 was built from other content since", "web gets a new image"},
		{"built by another, and the container is of something else", built("", "id1", "id9"), Options{}, Noop, "image hello:1 is on the engine, built from the same content", older},
		{"built by a devpm that did not mark", built("id1", "", ""), Options{}, Noop, "built from the same content before", older},
		{"never built, and nobody knows what is there", built("", "", ""), Options{}, Update, "not built by devpm yet", "web gets a new image"},
		{"asked for", built("id1", "id1", "id1"), Options{Build: true}, Update, "asked for with --build", "web gets a new image"},
		{"gone", func(o *Observed) { delete(o.Engine.Images, "hello:1") }, Options{}, Update, "image hello:1 is not on the engine", "web gets a new image"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := odoo()
			d.Services = d.Services[:1]
			d.Services = append(d.Services, hello().Services[1])
			d.Services[1].Image = "other:1"
			o := done(d)
			tt.change(o)
			plan := Build(d, o, tt.opt)
			if s := plan.Step("image.build.web"); s.Outcome != tt.build || s.Reason != tt.why {
				t.Errorf("image: %s: %s", s.Outcome, s.Reason)
			}
			if s := plan.Step("compose.up"); s.Reason != tt.up {
				t.Errorf("up: %s: %s", s.Outcome, s.Reason)
			}
		})
	}
}

// Only what devpm builds is known by its mark: another image may be made on top
// of a marked one, and inherits the label.
func TestAMarkCountsForBuiltImagesOnly(t *testing.T) {
	d := hello()
	o := done(d)
	o.Engine.Images["hello:1"] = "sha256:2"
	o.Engine.Identities = map[string]string{"hello:1": "id1"}
	for i := range o.Engine.Containers {
		o.Engine.Containers[i].ImageIdentity = "id1"
	}
	if s := Build(d, o, Options{}).Step("compose.up"); s.Reason != "web runs an older image, job runs an older image" {
		t.Errorf("%s: %s", s.Outcome, s.Reason)
	}
}
