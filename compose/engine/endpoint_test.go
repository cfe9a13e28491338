package engine_test

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/moby/moby/client"

	"github.com/devpm/devpm/compose/engine"
	"github.com/devpm/devpm/diag"
)

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

// dockerHome is a HOME with three docker contexts, of which "colima" is
// current.
func dockerHome(t *testing.T) (home string, id func(string) string) {
	home = t.TempDir()
	id = func(name string) string {
		sum := sha256.Sum256([]byte(name))
		return hex.EncodeToString(sum[:])
	}
	meta := func(name string) string {
		return filepath.Join(home, ".docker", "contexts", "meta", id(name), "meta.json")
	}
	write(t, filepath.Join(home, ".docker", "config.json"), `{"currentContext":"colima"}`)
	write(t, meta("colima"), `{"Name":"colima","Endpoints":{"docker":{"Host":"unix:///home/u/.colima/docker.sock"}}}`)
	write(t, meta("remote"), `{"Name":"remote","Endpoints":{"docker":{"Host":"tcp://10.0.0.1:2376","SkipTLSVerify":true}}}`)
	write(t, filepath.Join(home, ".docker", "contexts", "tls", id("remote"), "docker", "ca.pem"), "x")
	write(t, meta("broken"), `{"Name":`)
	return home, id
}

func TestResolveEndpoint(t *testing.T) {
	home, id := dockerHome(t)
	remoteCA := filepath.Join(home, ".docker", "contexts", "tls", id("remote"), "docker", "ca.pem")
	empty := t.TempDir()
	certs := t.TempDir()
	write(t, filepath.Join(certs, "ca.pem"), "x")
	write(t, filepath.Join(empty, "bad", "config.json"), `{`)
	for _, tc := range []struct {
		name  string
		env   []string
		want  engine.Endpoint
		code  diag.Code
		local bool
	}{
		{name: "nothing said", env: []string{"HOME=" + empty}, want: engine.Endpoint{Host: client.DefaultDockerHost, Source: "the default"}, local: true},
		{name: "not even a home", want: engine.Endpoint{Host: client.DefaultDockerHost, Source: "the default"}, local: true},
		{name: "settings that are broken", env: []string{"DOCKER_CONFIG=" + filepath.Join(empty, "bad")}, want: engine.Endpoint{Host: client.DefaultDockerHost, Source: "the default"}, local: true},
		{name: "the current context", env: []string{"HOME=" + home}, want: engine.Endpoint{Host: "unix:///home/u/.colima/docker.sock", Source: "context colima", Context: "colima"}, local: true},
		{name: "the current context of DOCKER_CONFIG", env: []string{"HOME=" + empty, "DOCKER_CONFIG=" + home + "/.docker"}, want: engine.Endpoint{Host: "unix:///home/u/.colima/docker.sock", Source: "context colima", Context: "colima"}, local: true},
		{name: "DOCKER_CONTEXT before the current one", env: []string{"HOME=" + home, "DOCKER_CONTEXT=remote"}, want: engine.Endpoint{Host: "tcp://10.0.0.1:2376", Source: "context remote", Context: "remote", TLS: &engine.TLS{CA: remoteCA, SkipVerify: true}}},
		{name: "the context called default", env: []string{"HOME=" + home, "DOCKER_CONTEXT=default"}, want: engine.Endpoint{Host: client.DefaultDockerHost, Source: "the default"}, local: true},
		{name: "DOCKER_HOST before all", env: []string{"HOME=" + home, "DOCKER_CONTEXT=remote", "DOCKER_HOST=tcp://127.0.0.1:2375"}, want: engine.Endpoint{Host: "tcp://127.0.0.1:2375", Source: "DOCKER_HOST"}, local: true},
		{name: "DOCKER_HOST with TLS", env: []string{"DOCKER_HOST=tcp://h:2376", "DOCKER_TLS_VERIFY=1", "DOCKER_CERT_PATH=" + certs}, want: engine.Endpoint{Host: "tcp://h:2376", Source: "DOCKER_HOST", TLS: &engine.TLS{CA: filepath.Join(certs, "ca.pem")}}},
		{name: "DOCKER_HOST in short forms", env: []string{"DOCKER_HOST=/run/d.sock"}, want: engine.Endpoint{Host: "unix:///run/d.sock", Source: "DOCKER_HOST"}, local: true},
		{name: "over ssh", env: []string{"DOCKER_HOST=ssh://me@far"}, want: engine.Endpoint{Host: "ssh://me@far", Source: "DOCKER_HOST"}},
		{name: "DOCKER_HOST that is no address", env: []string{"DOCKER_HOST=gopher://x"}, code: diag.BadDockerHost},
		{name: "DOCKER_HOST without an address", env: []string{"DOCKER_HOST=tcp://"}, code: diag.BadDockerHost},
		{name: "a context that does not exist", env: []string{"HOME=" + home, "DOCKER_CONTEXT=gone"}, code: diag.BadDockerContext},
		{name: "a context whose file is broken", env: []string{"HOME=" + home, "DOCKER_CONTEXT=broken"}, code: diag.BadDockerContext},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := engine.ResolveEndpoint(tc.env)
			if tc.code != "" {
				if p, ok := engine.ProblemOf(err); !ok || p.Code != tc.code || p.Fix == "" {
					t.Errorf("error %v, want %s", err, tc.code)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(tc.want, got); d != "" {
				t.Error(d)
			}
			if got.Local() != tc.local {
				t.Errorf("local: %v", got.Local())
			}
		})
	}
}
