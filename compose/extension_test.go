package compose

import (
	"slices"
	"strings"
	"testing"

	"github.com/devpm/devpm/diag"
)

// TestAStackOfAnExtension: it is the base of the document as devpm's own is,
// and what is in it is known by the extension and a place in its answer.
func TestAStackOfAnExtension(t *testing.T) {
	const file = "extension rails-tools: stack.get"
	stack := &Builtin{
		Name: "rails", Extension: "rails-tools",
		Services: parse(t, file, `{"web":{"image":"rails:8","volumes":["gems:/gems"],"networks":["inner"]}}`),
		Volumes:  parse(t, file, `{"gems":{}}`),
		Networks: parse(t, file, `{"inner":{"driver":"bridge"},"outer":{"driver":"bridge"}}`),
		Configs:  parse(t, file, `{"app":{"content":"x"}}`),
	}
	m, list := build(t, `{"stack":"rails","services":{"mail":{"image":"mailpit"}},"networks":{"outer":{"external":true}},"service_patches":{"web":{"tty":true}}}`, stack)
	m.Check(&diag.Collector{})
	if list.HasErrors() {
		t.Fatal(list)
	}
	for path, want := range map[string]string{
		"services.web.image": file, "volumes.gems": file, "networks.inner.driver": file, "configs.app.content": file, "networks.outer.external": "odpm.json",
	} {
		o, ok := m.Origin(path)
		if !ok || o.Range.File != want || want == file && (o.Layer != LayerExtension || o.Name != "rails-tools") {
			t.Errorf("%s: %+v", path, o)
		}
	}
	if outer, _ := m.Origin("networks.outer"); outer.Replaced == nil {
		t.Error("the manifest's network replaces nothing")
	}
	_, list = build(t, `{"stack":"rails","services":{"web":{"image":"mine"}}}`, stack)
	if len(list) != 1 || list[0].Code != diag.StackServiceTaken {
		t.Errorf("a service of the stack was replaced: %v", list)
	}
}

// TestWhoseServicesAndPatches: the plan names the extension of each.
func TestWhoseServicesAndPatches(t *testing.T) {
	m, list := build(t, `{"services":{"web":{"image":"w"}},"service_patches":{"web":{"tty":true}}}`, nil,
		Fragment{Extension: "mail", Services: parse(t, "extension mail: compose.services", `{"mailpit":{"image":"axllent/mailpit"}}`)},
		Fragment{Extension: "tune", Patches: parse(t, "extension tune: compose.patches", `{"web":{"init":true},"mailpit":{"init":true}}`)})
	if list.HasErrors() {
		t.Fatal(list)
	}
	var owners []string
	for _, f := range m.Fragments() {
		owners = append(owners, f.Service+" "+f.Extension+" "+f.Range.String())
	}
	if want := []string{"mailpit mail extension mail: compose.services:1:2", "web  odpm.json:1:14"}; !slices.Equal(owners, want) {
		t.Errorf("fragments %q", owners)
	}
	var patches []string
	for _, p := range m.Patches() {
		patches = append(patches, p.Service+" "+strings.Join(p.Extensions, ","))
	}
	if want := []string{"mailpit tune", "web tune"}; !slices.Equal(patches, want) {
		t.Errorf("patches %q", patches)
	}
}
