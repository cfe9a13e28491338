package compose

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/devpm/devpm/manifest"
)

func leavesOf(t *testing.T, src string) map[string]string {
	t.Helper()
	m, list := build(t, src, nil)
	if list.HasErrors() {
		t.Fatal(list)
	}
	out := map[string]string{}
	for _, l := range append(m.Leaves("web"), m.SharedLeaves()...) {
		out[l.Path] = l.Value
	}
	return out
}

func TestLeavesAreTheSameWhateverTheFormOrOrder(t *testing.T) {
	one := leavesOf(t, `{"services": {"web": {"image": "x", "environment": {"B": 2, "A": "1"}, "depends_on": ["db"], "scale": 2, "labels": {"a": "1", "b": "2"}}, "db": {"image": "y"}}, "networks": {"n": {"driver": "bridge", "attachable": true}}}`)
	other := leavesOf(t, `{"networks": {"n": {"attachable": true, "driver": "bridge"}},
		"services": {"db": {"image": "y"}, "web": {"profiles": ["p"], "labels": {"b": "2", "a": "1"}, "pull_policy": "always", "environment": ["A=1", "B=2"], "image": "x", "x-note": 1, "deploy": {"replicas": 3}}}}`)
	delete(other, "services.web.deploy") // an empty map beside what is left out
	if d := cmp.Diff(one, other); d != "" {
		t.Error(d)
	}
	want := map[string]string{
		"services.web.image": `"x"`, "services.web.environment.A": `"1"`, "services.web.environment.B": `"2"`,
		"services.web.labels.a": `"1"`, "services.web.labels.b": `"2"`, "networks.n.driver": `"bridge"`, "networks.n.attachable": "true",
	}
	if d := cmp.Diff(want, one); d != "" {
		t.Error(d)
	}
}

func TestALeafKnowsItsPlaceAndThatItIsSecret(t *testing.T) {
	mf := testManifest(t, `{"services": {"web": {"image": "x",
 "environment": {"P": "s3cret"}}}}`)
	mf.Services.Get("web").Get("environment").Get("P").Uses = []manifest.Use{{Name: "@secret:p", Origin: "x"}}
	m := Build(Input{Manifest: mf}, nil)
	for _, l := range m.Leaves("web") {
		if secret := l.Path == "services.web.environment.P"; l.Secret != secret || secret && l.Range.Start.Line != 2 {
			t.Errorf("%+v", l)
		}
	}
	if m.Leaves("none") != nil {
		t.Error("a service that is not there has leaves")
	}
}
