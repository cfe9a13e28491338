package compose

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/manifest"
)

func TestLeasedPorts(t *testing.T) {
	services := parse(t, "odpm.json", `{
"web": {"image": "x", "ports": [
  "8080:80", "127.0.0.1:8081:81", "[::1]:8082:82", "9000-9001:9000-9001/udp", "8083", 84, "8085-8089:85",
  {"target": 90, "published": "8090", "host_ip": "127.0.0.1", "mode": "host"}, {"target": 91, "published": 8091}, {"target": 92}, "7000:70"]}}`)
	var asked []string
	var c diag.Collector
	m := Build(Input{Manifest: &manifest.Manifest{Services: services}, LeasePorts: func(claims []PortClaim) []int {
		var out []int
		for _, c := range claims {
			asked = append(asked, c.Path+" "+c.Protocol+" "+c.HostIP)
			if c.First != 7000 {
				c.First += 20000
			}
			out = append(out, c.First)
		}
		return out
	}}, &c)
	m.Check(&c)
	if list := c.List(); len(list) > 0 {
		t.Fatal(list)
	}
	if d := cmp.Diff([]string{
		"services.web.ports[0] tcp ", "services.web.ports[1] tcp 127.0.0.1", "services.web.ports[2] tcp ::1", "services.web.ports[3] udp ",
		"services.web.ports[7] tcp 127.0.0.1", "services.web.ports[8] tcp ", "services.web.ports[10] tcp ",
	}, asked); d != "" {
		t.Error(d)
	}
	e, err := m.Explain("services.web.ports")
	if err != nil {
		t.Fatal(err)
	}
	want := `["28080:80","127.0.0.1:28081:81","[::1]:28082:82","29000-29001:9000-9001/udp","8083",84,"8085-8089:85",` +
		`{"target":90,"published":"28090","host_ip":"127.0.0.1","mode":"host"},{"target":91,"published":"28091"},{"target":92},"7000:70"]`
	if d := cmp.Diff(want, e.Value); d != "" {
		t.Error(d)
	}
	for path, want := range map[string]string{
		"services.web.ports[0]":           `devpm leased port, asked for 8080; was "8080:80" of manifest`,
		"services.web.ports[3]":           `devpm leased port, asked for 9000-9001; was "9000-9001:9000-9001/udp" of manifest`,
		"services.web.ports[7].published": `devpm leased port, asked for 8090; was "8090" of manifest`,
		"services.web.ports[10]":          `manifest odpm.json`,
	} {
		o, _ := m.Origin(path)
		got := string(o.Layer) + " " + o.Name
		if o.Replaced != nil {
			got += "; was " + o.Replaced.Value + " of " + string(o.Replaced.Origin.Layer)
		}
		if got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
		if !strings.HasPrefix(o.Range.String(), "odpm.json:3") && !strings.HasPrefix(o.Range.String(), "odpm.json:4") {
			t.Errorf("%s is written at %s", path, o.Range)
		}
	}
}
