package compose

import (
	"strings"
	"testing"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/manifest"
)

// TestMountsThatAreMisread: what Compose or the engine takes for something else
// is found, and what they take as it reads is not.
func TestMountsThatAreMisread(t *testing.T) {
	for name, tt := range map[string]struct {
		mount, project string
		want           diag.Code
	}{
		"a volume of one letter":             {`"v:/v"`, "/p", diag.DocumentMountDrive},
		"with a mode":                        {`"v:/v:ro"`, "/p", diag.DocumentMountDrive},
		"a volume of two letters":            {`"vv:/v"`, "/p", ""},
		"a drive":                            {`"C:\\data:/data"`, "/p", ""},
		"the long form":                      {`{"type": "volume", "source": "v", "target": "/v"}`, "/p", ""},
		"relative, in a project with colon":  {`"./data:/data"`, "/p/a:b", diag.DocumentMountColon},
		"elsewhere":                          {`"/data:/data"`, "/p/a:b", ""},
		"a volume in a project with colon":   {`"vv:/data"`, "/p/a:b", ""},
		"the long form makes it":             {`{"type": "bind", "source": "./data", "target": "/data"}`, "/p/a:b", diag.DocumentMountColon},
		"the long form makes nothing":        {`{"type": "bind", "source": "./data", "target": "/data", "bind": {"create_host_path": false}}`, "/p/a:b", ""},
		"and relabels":                       {`{"type": "bind", "source": "./data", "target": "/data", "bind": {"create_host_path": false, "selinux": "Z"}}`, "/p/a:b", diag.DocumentMountColon},
		"a project on a drive":               {`"./data:/data"`, `C:/p`, ""},
		"a directory of the user's with one": {`"~/x:y:/data"`, "/p", ""}, // read as Compose reads it: ~/x at y
	} {
		t.Run(name, func(t *testing.T) {
			var c diag.Collector
			m := manifest.Load("odpm.json", []byte(`{"manifest_schema": 2, "stack": "none", "requires_odpm": "4.8.0", "volumes": {"v": {}, "vv": {}},
 "services": {"web": {"image": "x", "volumes": [`+tt.mount+`]}}}`), manifest.Options{}, &c)
			model := Build(Input{Manifest: m, ProjectDir: tt.project, HomeDir: "/home/ana"}, &c)
			model.Check(&c)
			var found []diag.Code
			for _, d := range c.List() {
				if d.Code == diag.DocumentMountDrive || d.Code == diag.DocumentMountColon {
					found = append(found, d.Code)
					if d.Range.Start.Line != 2 || d.Fix == "" || !strings.HasPrefix(d.Path, "services.web.volumes[0]") {
						t.Errorf("%+v", d)
					}
				}
			}
			if len(found) > 1 || tt.want != "" && (len(found) == 0 || found[0] != tt.want) || tt.want == "" && len(found) > 0 {
				t.Errorf("found %v, want %q", found, tt.want)
			}
		})
	}
}
