package prepare

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/devpm/devpm/diag"
)

func TestFixedNames(t *testing.T) {
	at := diag.Range{File: "odpm.json", Start: diag.Position{Line: 8, Column: 25}}
	fixed := []FixedName{
		{Kind: "container", Name: "hello", Service: "web", Range: at, Path: "services.web.container_name"},
		{Kind: "volume", Name: "data", Path: "volumes.data.name"},
		{Kind: "network", Name: "net", Path: "networks.net.name"},
	}
	for _, tt := range []struct {
		name     string
		taken    map[string]Taken
		opt      Options
		want     []string
		refusals int
	}{
		{"nobody's", nil, Options{}, nil, 0},
		{"another name", map[string]Taken{"container/other": {By: "x"}}, Options{}, nil, 0},
		{"a container", map[string]Taken{"container/hello": {By: "container hello of project q in /q", Fix: "take it down"}}, Options{}, []string{
			`warning DPM5111 services.web.container_name: the name "hello" belongs to container hello of project q in /q | leave container_name out, so that every work tree has a container of its own, or take it down`,
		}, 1},
		{"a container that this run does not start", map[string]Taken{"container/hello": {By: "x"}}, Options{Services: []string{"job"}}, nil, 0},
		{"a volume and a network", map[string]Taken{"volume/data": {By: "project q in /q"}, "network/net": {By: "project q in /q"}}, Options{}, []string{
			`warning DPM5112 networks.net.name: the network "net" is used by project q in /q too: services of both reach each other by their names | leave name out, so that every work tree has a network of its own, or say that it is shared with "external": true`,
			`warning DPM5112 volumes.data.name: the volume "data" is used by project q in /q too: its data is shared | leave name out, so that every work tree has a volume of its own, or say that it is shared with "external": true`,
		}, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d, o := hello(), nothing()
			d.Fixed, o.Engine.Taken = fixed, tt.taken
			plan := Build(d, o, tt.opt)
			var got []string
			for _, w := range plan.Warnings {
				if strings.HasPrefix(string(w.Code), "DPM511") {
					got = append(got, w.Severity.String()+" "+string(w.Code)+" "+w.Path+": "+w.Message+" | "+w.Fix)
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
			refusals := plan.Refusals()
			if len(refusals) != tt.refusals || len(refusals) > 0 && (refusals[0].Severity != diag.Error || refusals[0].Range != at) {
				t.Errorf("refusals: %v", refusals)
			}
			if reason := plan.Step("compose.up").Reason; strings.Contains(reason, "lock") {
				t.Errorf("reason: %s", reason)
			}
		})
	}
}
