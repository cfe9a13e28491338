//go:build engine

package e2e

import (
	"archive/zip"
	"bytes"
	"fmt"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// packageIndex serves one Python package to containers, as an index of pip's
// does, and returns its address there.
func packageIndex(t *testing.T, p *project) (server *http.Server, address string) {
	t.Helper()
	var wheel bytes.Buffer
	archive := zip.NewWriter(&wheel)
	for name, content := range map[string]string{
		"shop_stamp.py":                          "text = 'stamp of the vendored package'\n",
		"shop_stamp-1.0.dist-info/METADATA":      "Metadata-Version: 2.1\nName: shop-stamp\nVersion: 1.0\n",
		"shop_stamp-1.0.dist-info/WHEEL":         "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
		"shop_stamp-1.0.dist-info/RECORD":        "shop_stamp.py,,\nshop_stamp-1.0.dist-info/METADATA,,\nshop_stamp-1.0.dist-info/WHEEL,,\nshop_stamp-1.0.dist-info/RECORD,,\n",
		"shop_stamp-1.0.dist-info/top_level.txt": "shop_stamp\n",
	} {
		w, err := archive.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	const file = "shop_stamp-1.0-py3-none-any.whl"
	mux := http.NewServeMux()
	mux.HandleFunc("/simple/shop-stamp/", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprintf(w, "<!DOCTYPE html><a href=\"/%s\">%s</a>\n", file, file)
	})
	mux.HandleFunc("/"+file, func(w http.ResponseWriter, _ *http.Request) { w.Write(wheel.Bytes()) })
	gateway := strings.TrimSpace(p.docker("network", "inspect", "bridge", "--format", "{{(index .IPAM.Config 0).Gateway}}"))
	listener, err := net.Listen("tcp", gateway+":0")
	if err != nil {
		t.Fatal(err)
	}
	server = &http.Server{Handler: mux}
	go server.Serve(listener)
	t.Cleanup(func() { server.Close() })
	return server, listener.Addr().String()
}

// TestEngineOfflinePackages vendors what pip installs in the container, and
// installs it where the index is gone.
func TestEngineOfflinePackages(t *testing.T) {
	t.Parallel() // most of it is waiting; its images and ports are its own
	needNetworkNamespace(t)
	p, port := odooProject(t)
	p.env = append(p.env, "XDG_CACHE_HOME="+p.home+"/cache")
	server, address := packageIndex(t, p)
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	image := filepath.Base(p.dir) + "-odoo:1"
	t.Cleanup(func() { exec.Command("docker", "image", "rm", "-f", image).Run() })
	p.write("odpm.json", fmt.Sprintf(`{
  "manifest_schema": 2, "requires_odpm": "4.8.0", "stack": "odoo", "odoo_version": "17.0",
  "platform": {"git": "file://${PLATFORM_DIR}"}, "requirements": ["shop-stamp"],
  "python": "3.11", "distro": {"name": "debian", "version": "12"}, "postgres": "15",
  "service_patches": {"odoo": {"image": %q, "environment": {"PIP_INDEX_URL": "http://%s/simple/", "PIP_TRUSTED_HOST": %q}}}
}
`, image, address, host))
	p.must(0, "up")
	r := p.must(0, "vendor")
	if !strings.Contains(r.stderr, "1 Python package") || strings.Contains(r.stderr, "Python packages are not vendored") {
		t.Fatalf("vendor: %s", r)
	}
	if left := p.docker("ps", "-aq", "--filter", "name=devpm-vendor-"); left != "" {
		t.Errorf("vendor has left a container: %s", left)
	}
	if r := p.must(0, "vendor"); strings.Contains(r.stderr, "Make wheels") {
		t.Errorf("a second vendor makes them again: %s", r)
	}
	p.must(0, "vendor", "--check")

	// Requirements that cannot be had are told, and the rest is vendored.
	own := p.read("odpm.json")
	p.write("odpm.json", strings.Replace(own, `["shop-stamp"]`, `["no-such-package"]`, 1))
	if r := p.must(0, "vendor"); !strings.Contains(r.stderr, "DPM6161") || !strings.Contains(r.stderr, "no-such-package") {
		t.Errorf("a package that is nowhere: %s", r)
	}
	p.write("odpm.json", own)
	p.must(0, "vendor")

	p.moved(image)
	server.Close()
	if r := p.away("plan", "--offline"); r.code != 0 || !strings.Contains(r.stdout, "wheels.load") {
		t.Fatalf("plan --offline: %s", r)
	}
	if r := p.away("up", "--offline"); r.code != 0 {
		t.Fatalf("up --offline: %s", r)
	}
	get(t, fmt.Sprintf("http://127.0.0.1:%d/", port))
	if out := p.must(0, "exec", "-T", "odoo", "python3", "-c", "import shop_stamp; print(shop_stamp.text)").stdout; !strings.Contains(out, "stamp of the vendored package") {
		t.Errorf("the package is not there: %s", out)
	}
	if r := p.away("plan", "--offline", "--detailed-exitcode"); r.code != 0 {
		t.Errorf("a plan right after up --offline has something to do: %s", r)
	}
	p.must(0, "down")
}
