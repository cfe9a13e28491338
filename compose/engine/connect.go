package engine

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/moby/moby/client"

	"github.com/devpm/devpm/diag"
)

// The time that an engine has by default: to take the connection and tell its
// version, and to answer a question after that.
const (
	DefaultPatience = time.Second
	answerTimeout   = 15 * time.Second
)

// Clock is the time that waiting goes by.
type Clock struct {
	Now   func() time.Time
	Sleep func(ctx context.Context, d time.Duration) error // ends early with the context's error
}

// SystemClock sleeps by timers and tells the time by now.
func SystemClock(now func() time.Time) Clock {
	return Clock{Now: now, Sleep: func(ctx context.Context, d time.Duration) error {
		t := time.NewTimer(d)
		defer t.Stop()
		select {
		case <-t.C:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}}
}

// ConnectOptions say how to connect.
type ConnectOptions struct {
	// Patience bounds connecting and the first answer; 0 is DefaultPatience.
	// An engine that is not there at all is noticed at once.
	Patience time.Duration
	Clock    Clock
	// Removes also lets the removals of this package through (remove.go).
	Removes bool
}

// Engine is a connection to the engine's API over which only GET requests are
// sent, unless ConnectOptions.Removes says otherwise. It is safe for use by several goroutines.
type Engine struct {
	Endpoint   Endpoint
	APIVersion string // spoken on this connection
	Version    string // of the engine, when it told
	api        *client.Client
	clock      Clock
}

// Connect reaches the engine and agrees on an API version. The error is a
// *diag.Failure with one of DPM5010 to DPM5019; over ssh (DPM5016) it holds a
// warning only, since `up` works there all the same.
func Connect(ctx context.Context, ep Endpoint, o ConnectOptions) (*Engine, error) {
	if !ep.Observable() {
		return nil, &diag.Failure{List: diag.List{{
			Code: diag.EngineUnobserved, Severity: diag.Warning,
			Message: fmt.Sprintf("the engine at %s (%s) is reached over ssh and is not observed", ep.Host, ep.Source),
			Fix:     "nothing is wrong; for a full plan use a context with a unix or tcp address, for example an ssh tunnel to its socket",
		}}}
	}
	if o.Patience <= 0 {
		o.Patience = DefaultPatience
	}
	e := &Engine{Endpoint: ep, clock: o.Clock}
	dial := &dialer{Dialer: net.Dialer{Timeout: o.Patience}}
	if err := e.open(ep, dial, o.Removes); err != nil {
		return nil, err
	}
	ping, cancel := context.WithTimeout(ctx, o.Patience)
	defer cancel()
	result, err := e.api.Ping(ping, client.PingOptions{NegotiateAPIVersion: true})
	if err != nil {
		e.Close()
		if ctx.Err() != nil {
			return nil, fmt.Errorf("asking the engine: %w", context.Cause(ctx))
		}
		return nil, unreachable(ep, result, err, dial.failure(), o.Patience)
	}
	e.APIVersion = e.api.ClientVersion()
	return e, nil
}

// open makes the client. TLS and the dialer are ours, so that the environment
// is not read behind the caller's back and errors can be told apart.
func (e *Engine) open(ep Endpoint, dial *dialer, removes bool) error {
	transport := &http.Transport{MaxIdleConns: 8, MaxIdleConnsPerHost: 8, IdleConnTimeout: 30 * time.Second}
	scheme := "http" // said outright: cloning a transport gives it a TLS configuration
	if ep.TLS != nil {
		scheme = "https"
		config, err := ep.TLS.config()
		if err != nil {
			return fault(diag.EngineTLS, fmt.Sprintf("the TLS files for %s cannot be used: %s", ep.Source, err),
				"check ca.pem, cert.pem and key.pem in DOCKER_CERT_PATH or the docker context")
		}
		transport.TLSClientConfig = config
	}
	allow := onlyGet
	if removes {
		allow = onlyRemovals
	}
	opts := []client.Opt{
		client.WithHTTPClient(&http.Client{Transport: transport, CheckRedirect: client.CheckRedirect}),
		client.WithHost(ep.Host),
		client.WithScheme(scheme),
		client.WithUserAgent("devpm"),
		client.WithHTTPRequestHook(allow),
		client.WithHTTPResponseHook(e.note),
	}
	if network, addr := dialTarget(ep.Host); network != "" {
		opts = append(opts, client.WithDialContext(dial.to(network, addr)))
	}
	api, err := client.New(opts...)
	if err != nil {
		return fault(diag.BadDockerHost, fmt.Sprintf("%s is %q, which is not an engine's address", ep.Source, ep.Host),
			"write it as unix:///path/to/docker.sock or tcp://HOST:PORT")
	}
	e.api = api
	return nil
}

// Close gives the connections back.
func (e *Engine) Close() { _ = e.api.Close() }

// errNotGet stops whatever would not only look.
var errNotGet = errors.New("devpm only looks at the engine")

// onlyGet makes observing pure by construction: no other method leaves here.
func onlyGet(r *http.Request) error {
	if r.Method != http.MethodGet {
		return errNotGet
	}
	return nil
}

// note takes the engine's version from the header of its first answer, which
// saves asking for it.
func (e *Engine) note(r *http.Response) {
	if r.Request.URL.Path != "/_ping" {
		return
	}
	if _, after, ok := strings.Cut(r.Header.Get("Server"), "/"); ok {
		e.Version, _, _ = strings.Cut(after, " ")
	}
}

// dialTarget is what a unix or tcp address dials; named pipes are the
// library's.
func dialTarget(host string) (network, addr string) {
	u, err := client.ParseHostURL(host)
	if err != nil {
		return "", ""
	}
	switch u.Scheme {
	case "unix":
		return "unix", u.Host
	case "tcp", "http", "https":
		return "tcp", ""
	}
	return "", ""
}

// dialer remembers why connecting failed, which the library does not pass on.
type dialer struct {
	net.Dialer
	mu  sync.Mutex
	err error
}

func (d *dialer) to(network, fixed string) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, _, addr string) (net.Conn, error) {
		if fixed != "" {
			addr = fixed
		}
		conn, err := d.DialContext(ctx, network, addr)
		d.mu.Lock()
		d.err = err
		d.mu.Unlock()
		return conn, err
	}
}

func (d *dialer) failure() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.err
}

// config reads the files.
func (t *TLS) config() (*tls.Config, error) {
	c := &tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: t.SkipVerify}
	if t.CA != "" {
		pem, err := os.ReadFile(t.CA)
		if err != nil {
			return nil, err
		}
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("%s holds no certificate", t.CA)
		}
	}
	if t.Cert != "" || t.Key != "" {
		pair, err := tls.LoadX509KeyPair(t.Cert, t.Key)
		if err != nil {
			return nil, err
		}
		c.Certificates = []tls.Certificate{pair}
	}
	return c, nil
}
