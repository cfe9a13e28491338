package compose

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// exposed lists what a document gives away, one line each.
func exposed(t *testing.T, src string, o ExposureOptions) []string {
	t.Helper()
	m, _ := check(t, src, nil)
	m.input.ProjectDir, m.input.HomeDir = "/home/ana/shop", "/home/ana"
	var out []string
	for _, x := range m.Exposures(o) {
		line := fmt.Sprintf("%s %s: %s", x.Kind, x.Path, x.Value)
		if x.Real != "" && x.Real != x.Value {
			line += " is " + x.Real
		}
		if x.Engine {
			line += " (engine)"
		}
		if x.Range.Start.IsZero() {
			t.Errorf("%s has no place", x.Path)
		}
		out = append(out, line)
	}
	return out
}

func TestExposures(t *testing.T) {
	for _, tt := range []struct {
		name, service string // the members of services.web
		want          []string
	}{
		{"nothing", `"image": "a", "volumes": ["./data:/d", "named:/n", "/home/ana/shop/x:/x", {"type": "bind", "source": ".", "target": "/p"}], "cap_drop": ["ALL"], "security_opt": ["no-new-privileges:true"], "network_mode": "bridge", "build": {"context": ".", "dockerfile": "sub/Dockerfile"}, "env_file": ".env"`, nil},
		{"privileged", `"image": "a", "privileged": true`, []string{"privileged services.web.privileged: a privileged container"}},
		{"privileged in other words of Compose", `"image": "a", "privileged": "yes", "build": {"context": ".", "privileged": "On"}`, []string{
			"privileged services.web.privileged: a privileged container", "privileged services.web.build.privileged: a privileged build",
		}},
		{"not privileged", `"image": "a", "privileged": "no"`, nil},
		{"what runs before", `"image": "a", "pre_start": [{"image": "b"}, {"image": "b", "privileged": true, "pid": "host", "cap_add": ["SYS_ADMIN"], "volumes": ["/etc:/e"], "env_file": "/x"}]`, []string{
			"privileged services.web.pre_start[1].privileged: a privileged container", "host_namespace services.web.pre_start[1].pid: pid: host",
			"capability services.web.pre_start[1].cap_add[0]: SYS_ADMIN", "host_path services.web.pre_start[1].volumes[0]: /etc", "host_path services.web.pre_start[1].env_file: /x",
		}},
		{"a home without a slash", `"image": "a", "volumes": ["~.ssh:/s", {"type": "bind", "source": "~x/y", "target": "/y"}], "env_file": "~.netrc"`, []string{
			"host_path services.web.volumes[0]: ~.ssh is /home/ana/.ssh", "host_path services.web.volumes[1]: ~x/y is /home/ana/x/y", "host_path services.web.env_file: ~.netrc is /home/ana/.netrc",
		}},
		{"privileged hook", `"image": "a", "post_start": [{"command": ["true"], "privileged": true}]`, []string{"privileged services.web.post_start[0].privileged: a privileged post_start hook"}},
		{"namespaces", `"image": "a", "network_mode": "host", "pid": "host", "ipc": "container:x", "uts": "host", "userns_mode": "host", "cgroup": "host"`, []string{
			"host_network services.web.network_mode: network_mode: host", "host_namespace services.web.pid: pid: host", "host_namespace services.web.ipc: ipc: container:x",
			"host_namespace services.web.uts: uts: host", "host_namespace services.web.userns_mode: userns_mode: host", "host_namespace services.web.cgroup: cgroup: host",
		}},
		{"paths", `"image": "a", "volumes": ["/etc:/e:ro", "../other:/o", "~/.ssh:/s", {"type": "bind", "source": "/", "target": "/host"}]`, []string{
			"host_path services.web.volumes[0]: /etc", "host_path services.web.volumes[1]: ../other is /home/ana/other", "host_path services.web.volumes[2]: ~/.ssh is /home/ana/.ssh",
			"host_path services.web.volumes[3]: / (engine)",
		}},
		{"sockets", `"image": "a", "volumes": ["/var/run/docker.sock:/s", "/run:/r", "/tmp/x.sock:/x", "/srv/engine:/y"], "use_api_socket": true`, []string{
			"socket services.web.use_api_socket: use_api_socket (engine)", "socket services.web.volumes[0]: /var/run/docker.sock (engine)", "host_path services.web.volumes[1]: /run (engine)",
			"socket services.web.volumes[2]: /tmp/x.sock", "socket services.web.volumes[3]: /srv/engine (engine)",
		}},
		{"a link of the project", `"image": "a", "volumes": ["./link/x:/x"]`, []string{"host_path services.web.volumes[0]: ./link/x is /secret/x"}},
		{"devices and capabilities", `"image": "a", "devices": ["/dev/kvm"], "device_cgroup_rules": ["c 1:3 mr"], "cap_add": ["SYS_ADMIN"], "gpus": "all", "security_opt": ["seccomp=unconfined", "label:disable"]`, []string{
			"device services.web.devices[0]: /dev/kvm", "device services.web.device_cgroup_rules[0]: c 1:3 mr", "capability services.web.cap_add[0]: SYS_ADMIN",
			"security_option services.web.security_opt[0]: seccomp=unconfined", "security_option services.web.security_opt[1]: label:disable", "device services.web.gpus: gpus: all",
		}},
		{"a provider", `"provider": {"type": "./evil"}`, []string{`host_program services.web.provider: {"type":"./evil"}`}},
		{"files", `"image": "a", "env_file": ["/etc/passwd", {"path": "../x"}], "extends": {"file": "/y", "service": "z"}, "volumes_from": ["container:db"]`, []string{
			"host_namespace services.web.volumes_from[0]: container:db", "host_path services.web.env_file[0]: /etc/passwd", "host_path services.web.env_file[1]: ../x is /home/ana/x", "host_path services.web.extends.file: /y",
		}},
		{"a build", `"build": {"context": "~", "dockerfile": "/x", "additional_contexts": {"a": "/opt/x", "b": "docker-image://alpine"}, "network": "host", "privileged": true, "entitlements": ["security.insecure"], "ssh": ["default"]}`, []string{
			"host_path services.web.build.context: ~ is /home/ana", "host_path services.web.build.dockerfile: /x", "host_path services.web.build.additional_contexts.a: /opt/x",
			"privileged services.web.build.privileged: a privileged build", "host_network services.web.build.network: build network: host",
			"privileged services.web.build.entitlements[0]: the build entitlement security.insecure", `socket services.web.build.ssh: the ssh agent, for the build: ["default"]`,
		}},
		{"a context elsewhere", `"build": "https://git.example.com/x.git"`, nil},
		{"a Dockerfile above", `"build": {"context": "sub", "dockerfile": "../../Dockerfile"}`, []string{"host_path services.web.build.dockerfile: /home/ana/Dockerfile"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := exposed(t, `{"services": {"web": {`+tt.service+`}}, "volumes": {"named": {}}}`, ExposureOptions{
				Sockets: []string{"/srv/engine"},
				Resolve: func(path string) string { return strings.Replace(path, "/home/ana/shop/link", "/secret", 1) },
			})
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestExposuresBesideServices(t *testing.T) {
	got := exposed(t, `{"services": {"web": {"image": "a"}},
		"volumes": {"root": {"driver_opts": {"type": "none", "o": "bind", "device": "/"}}, "other": {"external": true, "name": "shop_db"}, "third": {"external": "yes"}, "own": {"driver_opts": {"type": "none", "o": "bind,rw", "device": "data/x"}},
			"above": {"driver_opts": {"type": "none", "o": "bind", "device": "data/../../x"}}, "home": {"driver_opts": {"type": "none", "o": "bind", "device": "~.ssh"}},
			"layers": {"driver_opts": {"type": "overlay", "device": "overlay", "o": "lowerdir=/etc:/root,upperdir=/home/ana/shop/u,workdir=/tmp/w"}}, "memory": {"driver_opts": {"type": "tmpfs", "device": "tmpfs", "o": "size=1m"}}, "nfs": {"driver_opts": {"device": ":/export"}}},
		"networks": {"n": {"external": true, "name": "host"}, "plain": {}}, "configs": {"c": {"file": "/etc/shadow"}, "mine": {"file": "./c"}}}`, ExposureOptions{})
	want := []string{
		"host_path volumes.root.driver_opts.device: / (engine)", "external_volume volumes.other: shop_db", "external_volume volumes.third: third",
		"host_path volumes.above.driver_opts.device: data/../../x is /home/ana/x", "host_path volumes.home.driver_opts.device: ~.ssh is /home/ana/.ssh",
		"host_path volumes.layers.driver_opts.o: /etc", "host_path volumes.layers.driver_opts.o: /root", "host_path volumes.layers.driver_opts.o: /tmp/w", "host_network networks.n: the network host", "host_path configs.c.file: /etc/shadow",
	}
	slices.Sort(got)
	slices.Sort(want)
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}
