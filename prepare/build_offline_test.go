package prepare

import (
	"testing"
)

func TestVendoredPythonPackagesAreBrought(t *testing.T) {
	fit := VendoredWheels{Service: "web", Folder: "wheels/abc", Count: 2, Into: "data/wheels", Key: "abc", Fit: true}
	there, other, elsewhere := fit, fit, fit
	there.There, other.Fit, elsewhere.Service = true, false, "other"
	for _, tt := range []struct {
		name    string
		wheels  *VendoredWheels
		change  func(*Desired, *Observed)
		opt     Options
		outcome Outcome // "": no such step
		why     string
	}{
		{"none vendored", nil, nil, Options{}, "", ""},
		{"to bring", &fit, nil, Options{}, Run, "2 packages for pip in the container"},
		{"brought", &there, nil, Options{}, Noop, "data/wheels has them"},
		{"for other requirements", &other, nil, Options{}, Skip, "they are for other requirements than the project has now"},
		{"requirements not known yet", &other, func(_ *Desired, o *Observed) { delete(o.Repositories, "/src/odoo") }, Options{}, Run, "2 packages for pip in the container"},
		{"nothing starts", &fit, nil, Options{SkipStart: true}, Skip, "not brought with --skip-start"},
		{"the service does not start", &elsewhere, nil, Options{}, Skip, "other is not started"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := odoo()
			o := done(d)
			d.Offline = &Offline{Wheels: tt.wheels}
			if tt.change != nil {
				tt.change(d, o)
			}
			plan := Build(d, o, tt.opt)
			checkSanity(t, plan)
			s := plan.Step("wheels.load")
			if tt.outcome == "" {
				if s != nil {
					t.Errorf("%+v", s)
				}
				return
			}
			if s == nil || s.Outcome != tt.outcome || s.Reason != tt.why || (len(s.Actions) > 0) != (tt.outcome == Run) {
				t.Fatalf("%+v", s)
			}
			if tt.outcome == Run && s.Actions[0] != (LoadWheels{*tt.wheels}) {
				t.Errorf("%+v", s.Actions)
			}
		})
	}
	d := odoo()
	if Build(d, done(d), Options{}).Step("wheels.load") != nil {
		t.Error("a step without --offline")
	}
}
