package compose

import (
	"fmt"
	"strings"
	"testing"

	"github.com/devpm/devpm/diag"
)

// manyServices is a manifest of n services of ordinary size, every fifth patched.
func manyServices(n int) string {
	var b strings.Builder
	b.WriteString(`{"services": {`)
	for i := range n {
		if i > 0 {
			b.WriteString(",\n")
		}
		dependsOn := ""
		if first := i - i%10; first != i {
			dependsOn = fmt.Sprintf(`, "depends_on": ["svc%04d"]`, first)
		}
		fmt.Fprintf(&b, `"svc%04d": {"image": "registry.example.com/team/service:%d", "restart": "unless-stopped", "user": "1000:1000",
 "ports": ["%d:8080"], "environment": {"A": "1", "B": "two$three", "LOG_LEVEL": "info", "URL": "http://svc:8080/?a=b"},
 "volumes": ["data:/data", "./conf/%d:/etc/conf:ro"], "command": ["serve", "--port", "8080"],
 "healthcheck": {"test": ["CMD", "curl", "-f", "http://localhost:8080/health"], "interval": "5s", "retries": 3}%s}`, i, i, 10000+i, i, dependsOn)
	}
	b.WriteString(`}, "volumes": {"data": {}}, "service_patches": {`)
	for i := 0; i < n; i += 5 {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, `"svc%04d": {"environment": {"LOG_LEVEL": "debug"}, "ports": {"$append": ["%d:9090"]}}`, i, 20000+i)
	}
	b.WriteString(`}}`)
	return b.String()
}

func BenchmarkDocument(b *testing.B) {
	for _, n := range []int{10, 100, 1000} {
		mf := testManifest(b, manyServices(n))
		stages := []struct {
			name string
			run  func(m *Model, c *diag.Collector)
		}{
			{"build", func(*Model, *diag.Collector) {}},
			{"build+check", func(m *Model, c *diag.Collector) { m.Check(c) }},
			{"build+check+yaml", func(m *Model, c *diag.Collector) { m.Check(c); m.YAML() }},
			{"build+check+yaml+fragments", func(m *Model, c *diag.Collector) { m.Check(c); m.YAML(); m.Fragments() }},
		}
		for _, s := range stages {
			b.Run(fmt.Sprintf("%s/%d", s.name, n), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					c := &diag.Collector{}
					m := Build(Input{Manifest: mf}, c)
					s.run(m, c)
					if len(c.List()) > 0 {
						b.Fatal(c.List())
					}
				}
			})
		}
	}
}
