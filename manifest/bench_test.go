package manifest_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/manifest"
)

// many is a manifest of n services, about 400 bytes each, with four variables
// a service.
func many(n int) []byte {
	var b strings.Builder
	b.WriteString(`{"manifest_schema": 2, "requires_odpm": "4.8.0", "stack": "none", "services": {`)
	for i := range n {
		if i > 0 {
			b.WriteString(",")
		}
		fmt.Fprintf(&b, `
  "web%03d": {
    "image": "nginx:${TAG:-1.27}",
    "restart": "unless-stopped",
    "ports": ["%d:80"],
    "environment": {"A": "1", "NAME": "${NAME}", "URL": "http://${@service:web000}:${PORT:-80}/x"},
    "depends_on": ["web000"],
    "command": ["nginx", "-g", "daemon off;"],
    "labels": {"a": "b"},
    "healthcheck": {"test": ["CMD", "true"], "interval": "3s", "retries": 3}
  }`, i, 10000+i)
	}
	b.WriteString("\n}}\n")
	return []byte(b.String())
}

func BenchmarkLoadThousandServices(b *testing.B) {
	src := many(1000)
	var none diag.Collector
	o := manifest.Options{Environment: manifest.NewEnvironment([]string{"NAME=x"}, nil, &none)}
	b.SetBytes(int64(len(src)))
	b.ReportAllocs()
	for b.Loop() {
		var c diag.Collector
		if manifest.Load("odpm.json", src, o, &c); c.HasErrors() {
			b.Fatal(report(&c))
		}
	}
}

func BenchmarkParseThousandServices(b *testing.B) {
	src := many(1000)
	b.SetBytes(int64(len(src)))
	b.ReportAllocs()
	for b.Loop() {
		var c diag.Collector
		if manifest.Parse("odpm.json", src, &c) == nil {
			b.Fatal(report(&c))
		}
	}
}
