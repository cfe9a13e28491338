package schema

import (
	"fmt"
	"testing"
)

func BenchmarkCompile(b *testing.B) {
	for b.Loop() {
		if _, err := compile("manifest.v2.json"); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkValidateThousandServices(b *testing.B) {
	services := map[string]any{}
	for i := range 1000 {
		services[fmt.Sprintf("web%03d", i)] = map[string]any{
			"image": "nginx:1.27", "restart": "unless-stopped",
			"ports":       []any{fmt.Sprintf("%d:80", 10000+i)},
			"environment": map[string]any{"A": "1", "B": "2", "C": "3"},
			"depends_on":  []any{"web000"},
			"command":     []any{"nginx", "-g", "daemon off;"},
			"labels":      map[string]any{"a": "b"},
		}
	}
	doc := map[string]any{"manifest_schema": int64(2), "requires_odpm": "4.8.0", "services": services}
	s := Manifest()
	b.ReportAllocs()
	for b.Loop() {
		if v := s.Validate(doc); v != nil {
			b.Fatal(v)
		}
	}
}
