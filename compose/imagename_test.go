package compose

import "testing"

func TestImageName(t *testing.T) {
	for name, want := range map[string]bool{
		"shop": true, "shop:42": true, "registry.example.org:5000/team/shop:1.2-ci": true, "odoo-17-0-ci:latest": true,
		"": false, "Shop": false, "shop:": false, "shop:a b": false, "-shop": false, "--tag": false, "shop/../x": false, "shop:42\n": false,
		"shop@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef": false,
		"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef":             false,
	} {
		if got := ImageName(name); got != want {
			t.Errorf("%q: %t", name, got)
		}
	}
}
