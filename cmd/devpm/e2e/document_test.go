//go:build engine

package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/devpm/devpm/compose"
)

// awkward values must reach the container as the manifest means them; in JSON
// they are written with each dollar doubled, since the manifest expands.
var awkward = []string{"$", "$$", "${X}", "a$b", "$${Y}$", "pa$$word", "100%$"}

// literal writes a value so that devpm's expansion yields it.
func literal(value string) string { return strings.ReplaceAll(value, "$", "$$") }

// TestEngineDollarReachesContainer looks with `docker inspect` at what the
// engine was given, and at the environment with a process inside.
func TestEngineDollarReachesContainer(t *testing.T) {
	all := strings.Join(awkward, " ")
	service := map[string]any{
		"image":       "busybox:latest",
		"entrypoint":  []string{"sh", "-c", "exec sleep infinity", literal("e " + all)},
		"command":     []string{literal("c " + all)},
		"environment": map[string]string{},
		"labels":      map[string]string{"awkward": literal(all)},
		"hostname":    literal("h$x"),
		"working_dir": literal("/w $ $$ ${X} a$b"),
		"healthcheck": map[string]any{"test": []string{"CMD", "test", literal(all), "=", literal(all)}, "interval": "1s"},
		"volumes":     []string{literal("./dir$$x${X}a$b") + ":" + literal("/mnt/$/a$b")},
		"init":        true,
	}
	for i, value := range awkward {
		service["environment"].(map[string]string)[fmt.Sprintf("V%d", i)] = literal(value)
	}
	manifest, err := json.Marshal(map[string]any{"manifest_schema": 2, "requires_odpm": "4.5", "stack": "none", "services": map[string]any{"s": service}})
	if err != nil {
		t.Fatal(err)
	}
	p := newProject(t, map[string]string{"odpm.json": string(manifest)})
	p.must(0, "up")

	var inspected []struct {
		Path   string
		Args   []string
		Config struct {
			Env         []string
			Labels      map[string]string
			Hostname    string
			WorkingDir  string
			Healthcheck struct{ Test []string }
		}
		Mounts []struct{ Source, Destination string }
	}
	id := strings.TrimSpace(p.docker("ps", "-q", "--filter", "label=com.docker.compose.project="+filepath.Base(p.dir)))
	if err := json.Unmarshal([]byte(p.docker("inspect", id)), &inspected); err != nil {
		t.Fatal(err)
	}
	c := inspected[0]
	same := func(what string, got, want any) {
		t.Helper()
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s (-want +got):\n%s", what, d)
		}
	}
	same("entrypoint and command", append([]string{c.Path}, c.Args...), []string{"sh", "-c", "exec sleep infinity", "e " + all, "c " + all})
	same("label", c.Config.Labels["awkward"], all)
	same("hostname", c.Config.Hostname, "h$x")
	same("working_dir", c.Config.WorkingDir, "/w $ $$ ${X} a$b")
	same("healthcheck.test", c.Config.Healthcheck.Test, []string{"CMD", "test", all, "=", all})
	same("volume source", c.Mounts[0].Source, filepath.Join(p.dir, "dir$$x${X}a$b"))
	same("volume target", c.Mounts[0].Destination, "/mnt/$/a$b")
	for i, value := range awkward {
		got := p.must(0, "exec", "-T", "s", "sh", "-c", fmt.Sprintf("echo \"$V%d\"", i)).stdout
		same(fmt.Sprintf("environment V%d", i), strings.TrimSuffix(got, "\n"), value)
	}
}

// documents are the fixtures whose document the user's Compose must read.
func documents(t *testing.T) []string {
	t.Helper()
	found, err := filepath.Glob("../../../testdata/fixtures/*/odpm.json")
	if err != nil {
		t.Fatal(err)
	}
	found = append(found, "../../../examples/hello/odpm.json")
	var dirs []string
	for _, f := range found {
		if _, err := os.Stat(filepath.Join(filepath.Dir(f), "want.diag")); err != nil {
			dirs = append(dirs, filepath.Dir(f))
		}
	}
	return dirs
}

// TestEngineComposeReadsEveryDocument renders every good fixture, has the real
// `docker compose config` read it, and compares that with compose-go's reading
// of the same bytes, which is what devpm checks documents with.
func TestEngineComposeReadsEveryDocument(t *testing.T) {
	dirs := documents(t)
	if len(dirs) < 5 {
		t.Fatalf("only %d fixtures found", len(dirs))
	}
	for _, dir := range dirs {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			p := fixture(t, strings.TrimPrefix(dir, "../../../"))
			if _, err := os.Stat(filepath.Join(p.dir, ".env")); err != nil {
				p.write(".env", "PLATFORM_DIR=/srv/platform\nDIGITAL_AUTOPARTS_ENV_DIR=/srv/autoparts\n")
			}
			p.composeReads("developer")
			if filepath.Base(dir) == "contract-rich" { // its dependency is in it
				p.write(".env", p.read(".env")+"DEPS_DIR="+p.dir+"/deps\n")
				for _, scenario := range []string{"developer", "server", "ci"} {
					p.composeReads(scenario)
				}
			}
		})
	}
}

// composeReads compares both readings of the document of a scenario.
func (p *project) composeReads(scenario string) {
	p.t.Helper()
	p.write("docker-compose.yml", p.must(0, "--scenario", scenario, "render").stdout)
	config := p.docker("compose", "-f", "docker-compose.yml", "--env-file", "/dev/null", "-p", "same", "config", "--format", "json")
	config = strings.ReplaceAll(config, "$$", "$") // it prints a document that can be read again
	var theirs, ours any
	if err := json.Unmarshal([]byte(config), &theirs); err != nil {
		p.t.Fatal(err)
	}
	if err := json.Unmarshal(loaded(p.t, p.dir, p.read("docker-compose.yml")), &ours); err != nil {
		p.t.Fatal(err)
	}
	if !reflect.DeepEqual(theirs, ours) {
		p.t.Errorf("%s: docker compose and compose-go read different documents (-compose +compose-go):\n%s", scenario, cmp.Diff(theirs, ours))
	}
}

// loaded is compose-go's reading of a document, as JSON.
func loaded(t *testing.T, dir, document string) []byte {
	t.Helper()
	project, err := compose.LoadProject(t.Context(), []byte(document), dir, "same")
	if err != nil {
		t.Fatal(err)
	}
	data, err := project.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// plainStrings is a document with an awkward value in every kind of string
// field that Compose passes on as it is. Each value is unique, so that finding
// it again proves where it came from.
func plainStrings() (manifest map[string]any, values []string) {
	s := func() string {
		value := fmt.Sprintf("f%d-$-$$-${X}-a$b-${", len(values))
		values = append(values, value)
		return literal(value)
	}
	path := func() string { return "/" + s() }
	service := map[string]any{
		"image": "busybox:latest", "domainname": s(), "hostname": s(), "user": s(), "working_dir": s(), "stop_signal": s(), "runtime": s(),
		"cgroup_parent": s(), "ipc": s(), "isolation": s(), "userns_mode": s(), "uts": s(), "mac_address": s(), "cpuset": s(),
		"annotations": map[string]any{"a": s()}, "labels": map[string]any{"l": s()}, "environment": map[string]any{"E": s()},
		"command": []string{s()}, "entrypoint": []string{s()}, "healthcheck": map[string]any{"test": []string{"CMD", s()}},
		"cap_add": []string{s()}, "cap_drop": []string{s()}, "dns": []string{s()}, "dns_opt": []string{s()}, "dns_search": []string{s()},
		"group_add": []string{s()}, "security_opt": []string{s()}, "device_cgroup_rules": []string{"c 1:3 " + s()},
		"logging":     map[string]any{"driver": s(), "options": map[string]any{"o": s()}},
		"storage_opt": map[string]any{"size": s()}, "sysctls": map[string]any{"net.core.x": s()}, "tmpfs": []string{path()},
		"volumes": []any{
			map[string]any{"type": "bind", "source": path(), "target": path()},
			map[string]any{"type": "volume", "source": "v", "target": path()},
		},
		"configs": []any{map[string]any{"source": "c", "target": path()}},
		"deploy":  map[string]any{"labels": map[string]any{"d": s()}, "placement": map[string]any{"constraints": []string{s()}}, "endpoint_mode": s()},
		"build": map[string]any{"context": path(), "args": map[string]any{"A": s()}, "labels": map[string]any{"b": s()}, "target": s(),
			"cache_from": []string{s()}, "cache_to": []string{s()}, "network": s(), "dockerfile": s(), "tags": []string{s()}},
		"networks": map[string]any{"n": map[string]any{"aliases": []string{s()}, "driver_opts": map[string]any{"x": s()}}},
	}
	manifest = map[string]any{
		"manifest_schema": 2, "requires_odpm": "4.5", "stack": "none", "services": map[string]any{"s": service},
		"networks": map[string]any{"n": map[string]any{"driver": s(), "driver_opts": map[string]any{"x": s()}, "labels": map[string]any{"l": s()}}},
		"volumes":  map[string]any{"v": map[string]any{"driver": s(), "driver_opts": map[string]any{"x": s()}, "labels": map[string]any{"l": s()}}},
		"configs":  map[string]any{"c": map[string]any{"content": s()}},
	}
	return manifest, values
}

// TestEngineComposeReadsDollarsBack: what the manifest says is what the user's
// Compose reads, in every plain string field.
func TestEngineComposeReadsDollarsBack(t *testing.T) {
	manifest, values := plainStrings()
	data, err := json.Marshal(manifest)
	if err != nil {
		t.Fatal(err)
	}
	p := newProject(t, map[string]string{"odpm.json": string(data)})
	p.write("docker-compose.yml", p.must(0, "render").stdout)
	config := p.docker("compose", "-f", "docker-compose.yml", "--env-file", "/dev/null", "-p", "dollars", "config", "--format", "json")
	var read any
	if err := json.Unmarshal([]byte(config), &read); err != nil {
		t.Fatal(err)
	}
	var texts []string
	var walk func(any)
	walk = func(v any) {
		switch v := v.(type) {
		case string:
			// config prints a document that can be read again: dollars doubled.
			texts = append(texts, strings.ReplaceAll(v, "$$", "$"))
		case []any:
			for _, item := range v {
				walk(item)
			}
		case map[string]any:
			for _, item := range v {
				walk(item)
			}
		}
	}
	walk(read)
	for _, want := range values {
		if !slices.ContainsFunc(texts, func(text string) bool { return strings.HasSuffix(text, want) }) {
			name, _, _ := strings.Cut(want, "-")
			t.Errorf("%q was not read back; Compose has %q", want, slices.DeleteFunc(slices.Clone(texts), func(text string) bool { return !strings.Contains(text, name+"-") }))
		}
	}
}
