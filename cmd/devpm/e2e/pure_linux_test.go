//go:build engine

package e2e

import (
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"context"
)

// socketProxy passes requests on to the engine, refuses all but GET and HEAD,
// and remembers what it refused.
type socketProxy struct {
	path string
	mu   sync.Mutex
	seen []string
	bad  []string
}

func newSocketProxy(t *testing.T, dir string) *socketProxy {
	t.Helper()
	proxy := &socketProxy{path: filepath.Join(dir, "proxy.sock")}
	engine := "/var/run/docker.sock"
	if host := os.Getenv("DOCKER_HOST"); strings.HasPrefix(host, "unix://") {
		engine = strings.TrimPrefix(host, "unix://")
	}
	forward := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: "engine"})
	forward.Transport = &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", engine)
	}}
	listener, err := net.Listen("unix", proxy.path)
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		proxy.mu.Lock()
		proxy.seen = append(proxy.seen, r.Method+" "+r.URL.Path)
		allowed := r.Method == http.MethodGet || r.Method == http.MethodHead
		if !allowed {
			proxy.bad = append(proxy.bad, r.Method+" "+r.URL.Path)
		}
		proxy.mu.Unlock()
		if !allowed {
			http.Error(w, "read only", http.StatusForbidden)
			return
		}
		forward.ServeHTTP(w, r)
	})}
	go server.Serve(listener)
	t.Cleanup(func() { server.Close() })
	return proxy
}

// sandboxed runs devpm with no network but the socket, an empty PATH, and the
// whole file system read-only.
func sandboxed(p *project, proxy *socketProxy, args ...string) *exec.Cmd {
	script := `set -e
mount --make-rprivate /
mount --bind / / 2>/dev/null || true
mount -o remount,ro,bind /
for m in "$1" "$2"; do mount --bind "$m" "$m"; mount -o remount,ro,bind "$m"; done
shift 2
cd "$1"; shift
if touch x 2>/dev/null; then echo "the tree is writable" >&2; exit 99; fi
PATH= exec "$@"`
	argv := append([]string{"-m", "-n", "--", "sh", "-c", script, "sh", filepath.Dir(p.dir), filepath.Dir(binary), p.dir, binary}, args...)
	cmd := exec.Command("unshare", argv...)
	cmd.Dir = p.dir
	cmd.Env = append(p.env, "DOCKER_HOST=unix://"+proxy.path)
	return cmd
}

// TestEnginePlanIsPure plans on a read-only file system, without network and
// PATH, against a socket that refuses everything but GET: before the first up,
// and with everything running.
func TestEnginePlanIsPure(t *testing.T) {
	if out, err := exec.Command("unshare", "-m", "-n", "true").CombinedOutput(); err != nil {
		t.Skipf("TestEnginePlanIsPure needs mount and network namespaces, which this machine refuses: %v %s", err, out)
	}
	p, _ := odooProject(t)
	proxy := newSocketProxy(t, filepath.Dir(p.dir))
	commands := [][]string{
		{"plan"}, {"plan", "--format", "json"}, {"plan", "--show-diff"}, {"plan", "--no-docker"}, {"plan", "--skip-start"},
		{"render"}, {"explain", "services.odoo.image"}, {"manifest", "validate"},
	}
	check := func(state string) {
		for _, args := range commands {
			t.Run(state+" "+strings.Join(args, " "), func(t *testing.T) {
				p := *p
				p.t = t
				if r := p.finish(sandboxed(&p, proxy, args...)); r.code != 0 {
					t.Errorf("%s", r)
				}
			})
		}
	}
	before := tree(t, p.dir)
	check("before the first up:")
	if after := tree(t, p.dir); after != before {
		t.Errorf("planning changed the project:\nbefore\n%s\nafter\n%s", before, after)
	}
	p.must(0, "up")
	check("with everything running:")
	if r := p.finish(sandboxed(p, proxy, "plan", "--detailed-exitcode")); r.code != 0 {
		t.Errorf("the sandboxed plan has something to do right after up: %s", r)
	}
	if len(proxy.seen) == 0 {
		t.Error("no plan asked the engine")
	}
	if len(proxy.bad) > 0 {
		t.Errorf("planning sent %v", proxy.bad)
	}
}

// tree lists a directory with sizes and times, so that any write shows.
func tree(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	err := filepath.Walk(dir, func(path string, info os.FileInfo, err error) error {
		if err == nil {
			b.WriteString(path + " " + info.ModTime().String() + "\n")
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}
