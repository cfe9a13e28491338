package engine

import (
	"net/http"
	"strings"
	"testing"
)

// TestOnlyRemovals: a connection that removes can neither make nor start.
func TestOnlyRemovals(t *testing.T) {
	for request, want := range map[string]bool{
		"GET /v1.47/containers/json":               true,
		"DELETE /v1.47/containers/1f":              true,
		"DELETE /v1.47/volumes/shop_data":          true,
		"POST /v1.47/containers/1f/stop":           true,
		"POST /v1.47/images/sha256:1f/tag":         true,
		"POST /v1.47/containers/create":            false,
		"POST /v1.47/containers/1f/start":          false,
		"POST /v1.47/containers/1f/exec":           false,
		"POST /v1.47/containers/1f/stop/../start":  false,
		"POST /v1.47/images/create":                false,
		"POST /v1.47/volumes/create":               false,
		"PUT /v1.47/containers/1f/archive?path=/x": false,
	} {
		method, path, _ := strings.Cut(request, " ")
		r, err := http.NewRequestWithContext(t.Context(), method, "http://engine"+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := onlyRemovals(r) == nil; got != want {
			t.Errorf("%s: let through: %v", request, got)
		}
		if got := onlyGet(r) == nil; got != (method == http.MethodGet) {
			t.Errorf("%s: let through by a connection that looks: %v", request, got)
		}
	}
}
