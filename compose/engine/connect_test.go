package engine_test

import (
	"context"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/devpm/devpm/compose/engine"
	"github.com/devpm/devpm/diag"
)

// fakeEngine answers the engine's API on a unix socket. Answers are by path
// without the version; anything that is not a GET is counted and refused.
type fakeEngine struct {
	api      string // the version it speaks
	mu       sync.Mutex
	answers  map[string]any // a value to send as JSON, or an http.HandlerFunc
	asked    []string
	notGet   int
	endpoint engine.Endpoint
}

func newFakeEngine(t *testing.T) *fakeEngine {
	t.Helper()
	f := &fakeEngine{api: "1.47", answers: map[string]any{}}
	dir, err := os.MkdirTemp("", "devpm") // a short path: sockets allow 100 bytes
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	path := filepath.Join(dir, "s")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	srv := &httptest.Server{Listener: l, Config: &http.Server{Handler: f}}
	srv.Start()
	t.Cleanup(srv.Close)
	f.endpoint = engine.Endpoint{Host: "unix://" + path, Source: "a test"}
	return f
}

func (f *fakeEngine) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Api-Version", f.api)
	w.Header().Set("Server", "Docker/27.5.1 (linux)")
	f.mu.Lock()
	path := r.URL.Path
	if rest, ok := strings.CutPrefix(path, "/v"+f.api); ok {
		path = rest
	}
	f.asked = append(f.asked, path)
	answer, ok := f.answers[path]
	if r.Method != http.MethodGet {
		f.notGet++
	}
	f.mu.Unlock()
	switch h := answer.(type) {
	case http.HandlerFunc:
		h(w, r)
	default:
		switch {
		case r.Method != http.MethodGet:
			w.WriteHeader(http.StatusForbidden)
		case path == "/_ping":
		case !ok:
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusNotFound)
			_, _ = fmt.Fprint(w, `{"message":"No such thing"}`)
		default:
			w.Header().Set("Content-Type", "application/json")
			_ = json.NewEncoder(w).Encode(answer)
		}
	}
}

// answer makes a handler that sends a value as JSON.
func answer(value func(http.ResponseWriter, *http.Request) any) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(value(w, r))
	}
}

func (f *fakeEngine) set(path string, answer any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.answers[path] = answer
}

func (f *fakeEngine) connect(t *testing.T, clock engine.Clock) *engine.Engine {
	t.Helper()
	e, err := engine.Connect(t.Context(), f.endpoint, engine.ConnectOptions{Patience: 10 * time.Second, Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	return e
}

func TestConnectOnlySendsGet(t *testing.T) {
	f := newFakeEngine(t)
	e := f.connect(t, engine.Clock{})
	if e.APIVersion != "1.47" || e.Version != "27.5.1" {
		t.Errorf("API %q engine %q", e.APIVersion, e.Version)
	}
	if f.notGet != 0 || len(f.asked) != 1 {
		t.Errorf("asked %q, %d of them not GET", f.asked, f.notGet)
	}
}

func TestConnectSaysWhatIsWrong(t *testing.T) {
	silent, err := net.Listen("unix", filepath.Join(shortDir(t), "s"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = silent.Close() }()
	old := newFakeEngine(t)
	old.api = "1.38"
	angry := newFakeEngine(t)
	angry.set("/_ping", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "not for you", http.StatusForbidden) }))
	abandoned := filepath.Join(shortDir(t), "s")
	l, err := net.Listen("unix", abandoned)
	if err != nil {
		t.Fatal(err)
	}
	l.(*net.UnixListener).SetUnlinkOnClose(false)
	_ = l.Close()
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := closed.Addr().String()
	_ = closed.Close()
	secure := httptest.NewUnstartedServer(http.NotFoundHandler())
	secure.Config.ErrorLog = log.New(io.Discard, "", 0)
	secure.StartTLS()
	defer secure.Close()
	secureAddr := strings.TrimPrefix(secure.URL, "https://")
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	otherCA := filepath.Join(t.TempDir(), "ca.pem")
	write(t, otherCA, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: secure.Certificate().Raw})))

	for _, tc := range []struct {
		name     string
		endpoint engine.Endpoint
		code     diag.Code
		message  string
	}{
		{"no socket", engine.Endpoint{Host: "unix:///no/such/docker.sock", Source: "the default"}, diag.EngineNotRunning, "does not exist"},
		{"a socket that nobody serves", engine.Endpoint{Host: "unix://" + abandoned, Source: "DOCKER_HOST"}, diag.EngineNotRunning, "nothing listens"},
		{"an engine that says nothing", engine.Endpoint{Host: "unix://" + silent.Addr().String(), Source: "the default"}, diag.EngineSilent, "did not answer within 300ms"},
		{"an engine that is too old", old.endpoint, diag.EngineTooOld, "speaks API 1.38"},
		{"an engine that refuses", angry.endpoint, diag.EngineRefused, "not for you"},
		{"a closed port", engine.Endpoint{Host: "tcp://" + port, Source: "DOCKER_HOST"}, diag.EngineUnreachable, "connection refused"},
		{"a name that does not exist", engine.Endpoint{Host: "tcp://no-such-host.invalid:2375", Source: "DOCKER_HOST"}, diag.EngineUnreachable, "cannot be reached"},
		{"ssh", engine.Endpoint{Host: "ssh://me@far", Source: "context far"}, diag.EngineUnobserved, "over ssh"},
		{"TLS where none is spoken", engine.Endpoint{Host: "tcp://" + strings.TrimPrefix(plain.URL, "http://"), Source: "DOCKER_HOST", TLS: &engine.TLS{}}, diag.EngineTLS, "does not speak TLS"},
		{"a certificate of nobody we know", engine.Endpoint{Host: "tcp://" + secureAddr, Source: "DOCKER_HOST", TLS: &engine.TLS{}}, diag.EngineTLS, "unknown authority"},
		{"TLS files that are missing", engine.Endpoint{Host: "tcp://" + secureAddr, Source: "DOCKER_HOST", TLS: &engine.TLS{CA: "/no/ca.pem"}}, diag.EngineTLS, "/no/ca.pem"},
		{"a certificate without its key", engine.Endpoint{Host: "tcp://" + secureAddr, Source: "DOCKER_HOST", TLS: &engine.TLS{CA: otherCA, Cert: otherCA}}, diag.EngineTLS, "cannot be used"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			patience := 3 * time.Second // a busy machine needs a while for a handshake
			if tc.code == diag.EngineSilent {
				patience = 300 * time.Millisecond
			}
			began := time.Now()
			_, err := engine.Connect(t.Context(), tc.endpoint, engine.ConnectOptions{Patience: patience})
			p, ok := engine.ProblemOf(err)
			if warning := p.Severity == diag.Warning; warning != (tc.code == diag.EngineUnobserved) {
				t.Errorf("severity %s", p.Severity)
			}
			if !ok || p.Code != tc.code || !strings.Contains(p.Message, tc.message) || p.Fix == "" || strings.Contains(p.Message, "\n") {
				t.Errorf("error %v, want %s with %q", err, tc.code, tc.message)
			}
			if took := time.Since(began); took > 5*time.Second {
				t.Errorf("took %s", took)
			}
		})
	}
}

func TestConnectOverTLS(t *testing.T) {
	f := &fakeEngine{api: "1.47", answers: map[string]any{}}
	srv := httptest.NewTLSServer(f)
	defer srv.Close()
	ca := filepath.Join(t.TempDir(), "ca.pem")
	write(t, ca, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: srv.Certificate().Raw})))
	ep := engine.Endpoint{Host: "tcp://" + strings.TrimPrefix(srv.URL, "https://"), Source: "DOCKER_HOST", TLS: &engine.TLS{CA: ca}}
	e, err := engine.Connect(t.Context(), ep, engine.ConnectOptions{Patience: 10 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	e.Close()
}

func TestConnectEndsWithTheContext(t *testing.T) {
	l, err := net.Listen("unix", filepath.Join(shortDir(t), "s"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err = engine.Connect(ctx, engine.Endpoint{Host: "unix://" + l.Addr().String()}, engine.ConnectOptions{Patience: time.Minute})
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v", err)
	}
}

func TestConnectionsLeakNoGoroutines(t *testing.T) {
	f := newFakeEngine(t)
	f.set("/containers/json", []any{})
	once := func() {
		e, err := engine.Connect(t.Context(), f.endpoint, engine.ConnectOptions{Patience: 10 * time.Second})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := e.Observe(t.Context(), engine.ObserveOptions{Project: "p", Images: []string{"a", "b"}}); err != nil {
			t.Fatal(err)
		}
		e.Close()
	}
	once()
	before := runtime.NumGoroutine()
	for range 20 {
		once()
	}
	deadline := time.Now().Add(5 * time.Second)
	for runtime.NumGoroutine() > before+4 && time.Now().Before(deadline) {
		time.Sleep(10 * time.Millisecond)
	}
	if after := runtime.NumGoroutine(); after > before+4 {
		t.Errorf("%d goroutines before, %d after", before, after)
	}
}

func shortDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "devpm")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}
