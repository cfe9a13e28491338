package manifest_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/devpm/devpm/manifest"
)

func TestIdleSources(t *testing.T) {
	const sources = `"service_sources": {"tool": "https://git.example.com/a/tool.git main", "other": "https://git.example.com/a/other.git main"}`
	for _, tt := range []struct {
		name, src string
		idle      string
	}{
		{"named by a note", `"services": {"web": {"image": "i", "source": "tool"}, "db": {"image": "i"}}`, "tool"},
		{"named by a token", `"services": {"web": {"image": "i", "volumes": ["${@source:tool}/data:/data"]}}`, "tool"},
		{"within a default", `"services": {"web": {"image": "i", "environment": {"A": "${NO:-${@source:tool}}"}}}`, "tool"},
		{"both", `"services": {"web": {"image": "i", "source": "other", "volumes": ["${@source:tool}/data:/data"]}}`, "other tool"},
		{"named by another one too", `"services": {"web": {"image": "i", "source": "tool"}, "db": {"image": "i", "source": "tool"}}`, ""},
		{"another one uses it", `"services": {"web": {"image": "i", "source": "tool"}, "db": {"image": "i", "volumes": ["${@source:tool}:/d"]}}`, ""},
		{"a patch of it", `"services": {"web": {"image": "i"}}, "service_patches": {"web": {"volumes": ["${@source:tool}:/d"]}}`, "tool"},
		{"a patch of another", `"services": {"web": {"image": "i", "source": "tool"}, "db": {"image": "i"}}, "service_patches": {"db": {"volumes": ["${@source:tool}:/d"]}}`, ""},
		{"a hook", `"services": {"web": {"image": "i", "source": "tool"}}, "hooks": {"pre_up": [["ls", "${@source:tool}"]]}`, ""},
		{"a hook by the variable", `"services": {"web": {"image": "i", "source": "tool"}}, "hooks": {"pre_up": [["sh", "-c", "ls $ODPM_SOURCE_TOOL"]]}`, ""},
		{"a volume", `"services": {"web": {"image": "i", "source": "tool"}}, "volumes": {"v": {"driver_opts": {"device": "${@source:tool}"}}}`, ""},
		{"an overlay that is not on", `"services": {"web": {"image": "i", "source": "tool"}},
			"scenarios": {"ci": {"services": {"db": {"image": "i", "source": "tool"}}}}`, "tool"},
		{"nobody", `"services": {"web": {"image": "i"}}`, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m, report := load(t, `{"manifest_schema": 2, "requires_odpm": "4.8.0", "stack": "none", `+sources+`, `+tt.src+`}`)
			if m == nil {
				t.Fatal(report)
			}
			idle := m.IdleSources(map[string]bool{"web": true})
			if d := cmp.Diff(tt.idle, strings.Join(slices.Sorted(maps.Keys(idle)), " ")); d != "" {
				t.Error(d)
			}
			if none := m.IdleSources(nil); len(none) > 0 {
				t.Errorf("nothing is off, and %v is idle", none)
			}
		})
	}
	nested := &manifest.Manifest{}
	if idle := nested.IdleSources(map[string]bool{"web": true}); len(idle) > 0 {
		t.Errorf("a manifest without sources: %v", idle)
	}
}
