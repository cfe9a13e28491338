package policy_test

import (
	"strings"
	"testing"

	"github.com/devpm/devpm/compose/policy"
	"github.com/devpm/devpm/diag"
)

// verdicts is "deny", "warn" or "" for a finding of the code.
func verdict(t *testing.T, rules, src string, code diag.Code) string {
	t.Helper()
	for _, d := range found(t, rules, src) {
		if d.Code != code {
			continue
		}
		if d.Range.Start.IsZero() || !strings.Contains(d.Message, "odpm.json") || !strings.Contains(d.Fix, "policy.json") {
			t.Errorf("a finding without its places: %+v", d)
		}
		return map[diag.Severity]string{diag.Error: "deny", diag.Warning: "warn"}[d.Severity]
	}
	return ""
}

func TestRules(t *testing.T) {
	volume := func(source string) string {
		return `{"services": {"web": {"image": "nginx", "volumes": ["` + source + `:/x"]}}}`
	}
	image := func(name string) string { return `{"services": {"web": {"image": "` + name + `"}}}` }
	port := func(p string) string { return `{"services": {"web": {"image": "nginx", "ports": ["` + p + `"]}}}` }
	for _, tt := range []struct {
		name, rules, src string
		code             diag.Code
		want             string
	}{
		{"allow says nothing", `{"privileged": "allow"}`, `{"services": {"web": {"image": "a", "privileged": true}}}`, diag.PolicyPrivileged, ""},
		{"no rule says nothing", `{}`, volume("/etc"), diag.PolicyHostPath, ""},
		{"warn", `{"host_network": "warn"}`, `{"services": {"web": {"image": "a", "network_mode": "host"}}}`, diag.PolicyHostNetwork, "warn"},
		{"the socket", `{"docker_socket": "deny"}`, volume("/run/docker.sock"), diag.PolicySocket, "deny"},
		{"a directory with the socket", `{"docker_socket": "deny"}`, volume("/var/run"), diag.PolicySocket, "deny"},
		{"another socket", `{"docker_socket": "deny"}`, volume("/tmp/x.sock"), diag.PolicySocket, ""},
		{"a path allowed", `{"host_paths": {"allow": ["/srv/*/data"]}}`, volume("/srv/a/data/b"), diag.PolicyHostPath, ""},
		{"* stays in its part", `{"host_paths": {"allow": ["/srv/*/data"]}}`, volume("/srv/a/b/data"), diag.PolicyHostPath, "deny"},
		{"allow alone denies the rest", `{"host_paths": {"allow": ["/srv"]}}`, volume("/etc"), diag.PolicyHostPath, "deny"},
		{"the default", `{"host_paths": {"default": "warn", "allow": ["/srv"]}}`, volume("/etc"), diag.PolicyHostPath, "warn"},
		{"deny wins over allow", `{"host_paths": {"allow": ["~/**"], "deny": ["~/.ssh"]}}`, volume("~/.ssh"), diag.PolicyHostPath, "deny"},
		{"below what is denied", `{"host_paths": {"deny": ["~/.ssh"]}}`, volume("~/.ssh/id"), diag.PolicyHostPath, "deny"},
		{"around what is denied", `{"host_paths": {"deny": ["~/.ssh"]}}`, volume("~"), diag.PolicyHostPath, "deny"},
		{"beside what is denied", `{"host_paths": {"deny": ["~/.ssh"]}}`, volume("~/.sshx"), diag.PolicyHostPath, ""},
		{"what lies in the project", `{"host_paths": {"default": "deny"}}`, volume("./data"), diag.PolicyHostPath, ""},
		{"out of it by ..", `{"host_paths": {"deny": ["/home/ana/other"]}}`, volume("./a/../../other"), diag.PolicyHostPath, "deny"},
		{"an image by its short name", `{"images": {"deny": ["nginx"]}}`, image("docker.io/library/nginx:1.2"), diag.PolicyImage, "deny"},
		{"with its tag", `{"images": {"deny": ["nginx:latest"]}}`, image("nginx"), diag.PolicyImage, "deny"},
		{"another tag", `{"images": {"deny": ["nginx:latest"]}}`, image("nginx:1"), diag.PolicyImage, ""},
		{"any latest", `{"images": {"warn": ["**:latest"]}}`, image("registry.example.com/a/b"), diag.PolicyImage, "warn"},
		{"a registry", `{"images": {"allow": ["registry.example.com/**"]}}`, image("registry.example.com/a/b:1"), diag.PolicyImage, ""},
		{"a name that only looks like it", `{"images": {"allow": ["registry.example.com/**"]}}`, image("registry.example.com.evil.net/a:1"), diag.PolicyImage, "deny"},
		{"warned of and not allowed", `{"images": {"allow": ["nginx"], "warn": ["**:latest"]}}`, image("evil/nginx"), diag.PolicyImage, "deny"},
		{"someone's nginx is not nginx", `{"images": {"allow": ["nginx"]}}`, image("evil/nginx"), diag.PolicyImage, "deny"},
		{"by digest", `{"images": {"allow": ["nginx"]}}`, image("nginx@sha256:" + strings.Repeat("a", 64)), diag.PolicyImage, ""},
		{"of a container that runs before", `{"images": {"deny": ["evil/*"]}}`, `{"services": {"web": {"image": "a", "pre_start": [{"image": "evil/x"}]}}}`, diag.PolicyImage, "deny"},
		{"that is mounted", `{"images": {"deny": ["evil/*"]}}`, `{"services": {"web": {"image": "a", "volumes": [{"type": "image", "source": "evil/x", "target": "/x"}]}}}`, diag.PolicyImage, "deny"},
		{"that is mounted before", `{"images": {"deny": ["evil/*"]}}`, `{"services": {"web": {"image": "a", "pre_start": [{"volumes": [{"type": "image", "source": "evil/x", "target": "/x"}]}]}}}`, diag.PolicyImage, "deny"},
		{"of the service itself when another runs before", `{"images": {"deny": ["evil/*"]}}`, `{"services": {"web": {"image": "evil/x", "pre_start": [{"image": "a"}]}}}`, diag.PolicyImage, "deny"},
		{"a low port", `{"ports_below_1024": "deny"}`, port("443:443"), diag.PolicyPort, "deny"},
		{"a range that begins low", `{"ports_below_1024": "deny"}`, port("1023-1024:80-81"), diag.PolicyPort, "deny"},
		{"1024", `{"ports_below_1024": "deny"}`, port("1024:80"), diag.PolicyPort, ""},
		{"a port of the engine's choice", `{"ports_below_1024": "deny"}`, port("80"), diag.PolicyPort, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := verdict(t, tt.rules, tt.src, tt.code); got != tt.want {
				t.Errorf("%q, want %q: %v", got, tt.want, found(t, tt.rules, tt.src))
			}
		})
	}
}

func TestAPatchIsNamedAsTheOneWhoSetIt(t *testing.T) {
	list := found(t, `{"privileged": "deny"}`, `{"services": {"web": {"image": "a"}},
 "service_patches": {"web": {"privileged": true}}}`)
	if len(list) != 1 || list[0].Range.String() != "odpm.json:2:44" || !strings.Contains(list[0].Message, "set by the patch service_patches.web") {
		t.Errorf("%v", list)
	}
}

func TestAPolicyThatCannotBeUsed(t *testing.T) {
	for _, src := range []string{
		``, `[]`, `{`, `{"privileged": true}`, `{"privileged": "no"}`, `{"host_paths": ["/etc"]}`, `{"images": {"allow": [""]}}`, `{"images": {"alow": []}}`,
		`{"version": 2}`, `{"privileged": "deny", "privileged": "allow"}`, `{"extension_capabilities": {"deny": "net"}}`,
	} {
		var c diag.Collector
		if p := policy.Read("policy.json", []byte(src), "", &c); p != nil || !c.HasErrors() {
			t.Errorf("%s: %v, %v", src, p, c.List())
		}
		for _, d := range c.List() {
			if d.Code != diag.PolicyFile || d.Fix == "" || d.Range.File != "policy.json" {
				t.Errorf("%s: %+v", src, d)
			}
		}
	}
}

func TestThePolicyInSettings(t *testing.T) {
	var c diag.Collector
	if p := policy.Read("settings.json", []byte(`{"ext.mail": {}}`), "policy", &c); p != nil || c.HasErrors() {
		t.Errorf("no policy: %v, %v", p, c.List())
	}
	p := policy.Read("settings.json", []byte(`{"ext.mail": {}, "policy": {"privileged": "deny", "extension_capabilities": {"deny": ["net.*"]}}}`), "policy", &c)
	if p == nil || p.Privileged != policy.Deny || p.ExtensionCapabilities.Deny[0] != "net.*" || p.String() != "settings.json, key policy" {
		t.Errorf("%+v, %v", p, c.List())
	}
	if p := policy.Read("settings.json", []byte("{\n \"policy\": {\"privileged\": 1}}"), "policy", &c); p != nil || c.List()[0].Range.String() != "settings.json:2:27" || c.List()[0].Path != "policy.privileged" {
		t.Errorf("%v, %v", p, c.List())
	}
}
