package engine

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/moby/moby/client"

	"github.com/devpm/devpm/diag"
)

// Endpoint is where the engine's API is.
type Endpoint struct {
	Host    string // "unix:///var/run/docker.sock", "tcp://10.0.0.1:2376"
	Source  string // what named it: "DOCKER_HOST", "context colima", "the default"
	Context string // name of the docker context, or ""
	TLS     *TLS   // nil without TLS
}

// TLS names the files of a connection that is encrypted; each may be "".
type TLS struct {
	CA, Cert, Key string
	SkipVerify    bool
}

// Local reports whether the engine runs on this machine, as far as the address
// tells: only then do its host ports and directories concern ours.
func (e Endpoint) Local() bool {
	scheme, rest, _ := strings.Cut(e.Host, "://")
	switch scheme {
	case "unix", "npipe":
		return true
	case "tcp":
		for _, local := range []string{"localhost", "127.", "[::1]"} {
			if strings.HasPrefix(rest, local) {
				return true
			}
		}
	}
	return false
}

// sameClock reports whether the engine's times may be compared with ours. On
// other systems than Linux it runs in a virtual machine, whose clock drifts.
func (e Endpoint) sameClock() bool {
	return runtime.GOOS == "linux" && strings.HasPrefix(e.Host, "unix://")
}

// Observable reports whether the API can be asked. Over ssh it cannot: that
// needs a docker process at the other end (design §7 Engine).
func (e Endpoint) Observable() bool { return !strings.HasPrefix(e.Host, "ssh://") }

// ResolveEndpoint finds the engine that the docker command would use, from the
// process's environment and docker's own settings: DOCKER_HOST, DOCKER_CONTEXT,
// the current context, the default. The error is a *diag.Failure.
func ResolveEndpoint(env []string) (Endpoint, error) {
	e := environ(env)
	if host := e.get("DOCKER_HOST"); host != "" {
		ep := Endpoint{Host: normalHost(host), Source: "DOCKER_HOST", TLS: e.tls()}
		if u, err := client.ParseHostURL(ep.Host); err != nil || !knownScheme(u.Scheme) {
			return ep, fault(diag.BadDockerHost,
				fmt.Sprintf("DOCKER_HOST is %q, which is not an engine's address", host),
				"write it as unix:///path/to/docker.sock, tcp://HOST:PORT or ssh://USER@HOST, or unset it")
		}
		return ep, nil
	}
	name, source := e.get("DOCKER_CONTEXT"), "DOCKER_CONTEXT"
	config := e.dockerConfig()
	if name == "" && config != "" {
		name, source = currentContext(config), filepath.Join(config, "config.json")
	}
	if name == "" || name == "default" {
		return Endpoint{Host: client.DefaultDockerHost, Source: "the default", TLS: e.tls()}, nil
	}
	return contextEndpoint(config, name, source)
}

// tls reads the variables that the docker command reads for DOCKER_HOST.
func (e environ) tls() *TLS {
	verify, dir := e.get("DOCKER_TLS_VERIFY") != "", e.get("DOCKER_CERT_PATH")
	if !verify && e.get("DOCKER_TLS") == "" {
		return nil
	}
	if dir == "" {
		dir = e.dockerConfig()
	}
	t := tlsFiles(dir)
	t.SkipVerify = !verify
	return &t
}

// tlsFiles names those of the three files that are there.
func tlsFiles(dir string) TLS {
	var t TLS
	for name, into := range map[string]*string{"ca.pem": &t.CA, "cert.pem": &t.Cert, "key.pem": &t.Key} {
		path := filepath.Join(dir, name)
		if _, err := os.Stat(path); err == nil {
			*into = path
		}
	}
	return t
}

// normalHost completes the short forms that the docker command also takes.
func normalHost(host string) string {
	host = strings.TrimSpace(host)
	if strings.Contains(host, "://") || host == "" {
		return host
	}
	if strings.HasPrefix(host, "/") {
		return "unix://" + host
	}
	return "tcp://" + host
}

func knownScheme(s string) bool {
	switch s {
	case "unix", "tcp", "http", "https", "npipe", "ssh":
		return true
	}
	return false
}

func currentContext(config string) string {
	var settings struct {
		CurrentContext string `json:"currentContext"`
	}
	b, err := os.ReadFile(filepath.Join(config, "config.json"))
	if err != nil || json.Unmarshal(b, &settings) != nil {
		return "" // the docker command goes on with its default as well
	}
	return settings.CurrentContext
}

// contextEndpoint reads one context of docker's store, whose directories are
// named by the hash of the context's name.
func contextEndpoint(config, name, source string) (Endpoint, error) {
	ep := Endpoint{Source: "context " + name, Context: name}
	sum := sha256.Sum256([]byte(name))
	id := hex.EncodeToString(sum[:])
	path := filepath.Join(config, "contexts", "meta", id, "meta.json")
	var meta struct {
		Endpoints map[string]struct {
			Host          string
			SkipTLSVerify bool
		}
	}
	b, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return ep, fault(diag.BadDockerContext,
			fmt.Sprintf("the docker context %q, named by %s, does not exist", name, source),
			"list the contexts with `docker context ls` and choose one with `docker context use NAME`")
	case err != nil:
		return ep, fault(diag.BadDockerContext,
			fmt.Sprintf("the docker context %q cannot be read: %s", name, path), "make the file readable")
	}
	docker := ""
	if json.Unmarshal(b, &meta) == nil {
		docker = meta.Endpoints["docker"].Host
	}
	if docker == "" {
		return ep, fault(diag.BadDockerContext,
			fmt.Sprintf("the docker context %q names no engine: %s", name, path),
			"make it again with `docker context create`")
	}
	ep.Host = normalHost(docker)
	files := tlsFiles(filepath.Join(config, "contexts", "tls", id, "docker"))
	files.SkipVerify = meta.Endpoints["docker"].SkipTLSVerify
	if files != (TLS{}) {
		ep.TLS = &files
	}
	return ep, nil
}
