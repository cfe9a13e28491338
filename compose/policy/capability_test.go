package policy_test

import (
	"testing"

	"github.com/devpm/devpm/compose/policy"
	"github.com/devpm/devpm/diag"
)

func TestWhatExtensionsCanDo(t *testing.T) {
	tests := []struct {
		rule         string
		capabilities []string
		errors, warn int
	}{
		{`{}`, []string{"hooks/1", "network"}, 0, 0},
		{`{"deny": ["network", "hooks"]}`, []string{"hooks/1", "network", "stack/1"}, 2, 0},
		{`{"deny": ["hooks/1"]}`, []string{"hooks/1", "hooks/2"}, 1, 0},
		{`{"warn": ["compose.*"]}`, []string{"compose.fragment/1", "compose.patch/1", "hooks/1"}, 0, 2},
		{`{"allow": ["compose.*"]}`, []string{"compose.fragment/1", "prepare.steps/1"}, 1, 0},
	}
	for _, tt := range tests {
		var c diag.Collector
		p := policy.Read("settings.json", []byte(`{"policy": {"extension_capabilities": `+tt.rule+`}}`), "policy", &c)
		if p == nil {
			t.Fatal(c.List())
		}
		p.CheckExtension("mail", tt.capabilities, diag.Range{File: "odpm.json"}, &c)
		if list := c.List(); list.Count(diag.Error) != tt.errors || list.Count(diag.Warning) != tt.warn {
			t.Errorf("%s: %v", tt.rule, list)
		}
		for _, d := range c.List() {
			if d.Code != diag.ExtensionDenied || d.Fix == "" || d.Range.File != "odpm.json" {
				t.Errorf("%+v", d)
			}
		}
	}
}
