package conformance

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/devpm/devpm/cmd/devpm/internal/view"
)

// TestExplainAnswersForEveryLeaf walks the documents of the rich project, which
// `devpm render` writes, and asks for each value where it comes from. The answer
// is checked against the files: what is said to be written at a place is there.
func TestExplainAnswersForEveryLeaf(t *testing.T) {
	p := richProject(t)
	for _, scenario := range []string{"developer", "server", "ci"} {
		t.Run(scenario, func(t *testing.T) {
			status, stdout, stderr := p.devpm(t, "--scenario", scenario, "render", "--format", "json")
			if status != 0 {
				t.Fatalf("exit status %d\n%s", status, stderr)
			}
			var document any
			if err := json.Unmarshal([]byte(stdout), &document); err != nil {
				t.Fatal(err)
			}
			seen := map[string]int{}
			walk("", document, func(path string, value any) {
				e := p.explain(t, "--scenario", scenario, "explain", path)
				if want := plainDollars(value); fmt.Sprint(want) != fmt.Sprint(decoded(t, e.Value)) {
					t.Errorf("%s is %v, explained as %v", path, want, e.Value)
				}
				if problem := p.accounts(e.Origin, decoded(t, e.Value)); problem != "" {
					t.Errorf("%s: %s\n%+v", path, problem, e.Origin)
				}
				seen[e.Origin.Layer]++
			})
			for _, layer := range []string{"built-in", "manifest", "dependency", "patch", "devpm"} {
				if seen[layer] == 0 {
					t.Errorf("no value of the layer %s among %v", layer, seen)
				}
			}
			if scenario != "developer" && seen["scenario"] == 0 {
				t.Errorf("no value of the scenario's overlay among %v", seen)
			}
		})
	}
}

// TestExplainNamesTheSettings asks what decided the values that no file says.
func TestExplainNamesTheSettings(t *testing.T) {
	p := richProject(t)
	p.write(t, ".env", p.read(t, ".env")+"ODOO_PORT=18069\nODPM_SCENARIO=server\nBACKUP_DIR=/srv/backups\n")
	for _, tt := range []struct {
		path   string
		causes string
		flags  []string
	}{
		{"services.db.image", "postgres=15 odpm.json:8", nil},
		{"services.db.ports[0]", "ODPM_SCENARIO=server .env:8; POSTGRES_PORT=15432 .env:4", nil},
		{"services.db.ports[0]", "--security-profile=hardened; POSTGRES_PORT=15432 .env:4", []string{"--security-profile", "hardened"}},
		{"services.db.restart", "ODPM_SCENARIO=server .env:8", nil},
		{"services.db.restart", "--scenario=server", []string{"--scenario", "server"}},
		{"services.db.tty", "", nil},
		{"services.db.networks[0]", "ODPM_COMPOSE_PREFIX=acme- .env:2; ODPM_COMPOSE_NETWORK=stack .env:3", nil},
		{"services.odoo.image", "arch=amd64 odpm.json:9; python=3.11 odpm.json:6; distro.name=debian odpm.json:7; distro.version=12 odpm.json:7; ODPM_SCENARIO=server .env:8", nil},
		{"services.odoo.image", "platform_name= (default); odoo_version=17.0 odpm.json:4; --scenario=ci", []string{"--scenario", "ci"}},
		{"services.odoo.user", "--scenario=ci", []string{"--scenario", "ci"}},
		{"services.odoo.ports[0]", "ODPM_SCENARIO=server .env:8; ODOO_PORT=18069 .env:7", nil},
		{"services.odoo.ports[1]", "ODPM_SCENARIO=server .env:8; GEVENT_PORT=8072 (default)", nil},
		{"services.odoo.volumes[6]", "platform.git=https://github.com/odoo/odoo.git 17.0 odpm.json:5; ODOO_PROJECTS_DIR= (default); platform_name= (default)", nil},
		{"services.odoo.volumes[9]", "BACKUP_DIR=/srv/backups .env:9", nil},
		{"services.odoo.volumes[13]", "dependencies[0]=file://${DEPS_DIR:-/srv/deps}/addons odpm.json:10", nil},
		{"services.odoo.command[5]", "dev_mode=reload,xml user_settings.json:3", []string{"--scenario", "developer"}},
		{"volumes.postgres-data.driver_opts.device", "postgres=15 odpm.json:8", nil},
		{"name", "ODPM_COMPOSE_PREFIX=acme- .env:2", nil},
	} {
		e := p.explain(t, append(slices.Clone(tt.flags), "explain", tt.path)...)
		var causes []string
		for o := &e.Origin; ; o = &o.Replaced.Origin {
			for _, c := range o.Causes {
				text := c.Name + "=" + c.Value
				switch {
				case c.Line > 0:
					text += fmt.Sprintf(" %s:%d", c.File, c.Line)
				case c.Origin != "":
					text += " (" + c.Origin + ")"
				}
				causes = append(causes, text)
			}
			if o.Replaced == nil {
				break
			}
		}
		if got := strings.Join(causes, "; "); got != tt.causes {
			t.Errorf("%v %s: %s\nwant %s", tt.flags, tt.path, got, tt.causes)
		}
	}
}

// TestExplainAnswersForEveryFile asks for each file that a run has made, and for
// each of its keys.
func TestExplainAnswersForEveryFile(t *testing.T) {
	p := richProject(t)
	var bare struct{ Files []explainedFile }
	p.explainInto(t, &bare)
	known := map[string]bool{}
	keys := 0
	for _, f := range bare.Files {
		known[f.File] = true
		var whole explainedFile
		p.explainInto(t, &whole, f.File)
		if whole.File != f.File || whole.WrittenBy == "" || whole.Rule == "" || whole.Now == "" || whole.Now != f.Now {
			t.Errorf("%+v", whole)
		}
		for _, c := range whole.Causes {
			if c.Line == 0 && c.File != "" && p.has(c.File) {
				continue
			}
			if c.Value == "" && c.Line > 0 && strings.HasSuffix(c.File, ".json") { // a list or a map
				if found, err := p.valueAt(c.File, c.Line, c.Column); err != nil {
					t.Errorf("%s: %s is not at %s:%d:%d: %q %v", f.File, c.Name, c.File, c.Line, c.Column, found, err)
				}
				continue
			}
			if problem := p.decides(c); problem != "" {
				t.Errorf("%s: %s", f.File, problem)
			}
		}
		for _, v := range leavesOf(whole.Values) {
			keys++
			if f.File == "docker-compose.yml" || strings.HasSuffix(f.File, "snapshot.json") { // their values are asked for by path
				continue
			}
			one := p.explain(t, "explain", f.File+":"+v.Path)
			if string(one.Value) != string(v.Value) {
				t.Errorf("%s:%s is %s alone and %s among others", f.File, v.Path, one.Value, v.Value)
			}
			if problem := p.accounts(one.Origin, decoded(t, one.Value)); problem != "" && string(one.Value) != `"True"` {
				t.Errorf("%s:%s: %s\n%+v", f.File, v.Path, problem, one.Origin)
			}
		}
	}
	if keys < 150 {
		t.Errorf("%d keys only", keys)
	}
	// What the container reads is there to the last value.
	var config map[string]any
	e := struct{ Values []explained }{}
	p.explainInto(t, &e, ".odpm/runtime/config.json")
	config = map[string]any{}
	for _, v := range e.Values {
		config[v.Path] = decoded(t, v.Value)
	}
	if config["database.host"] != "acme-db" || config["scenario"] != "developer" || len(config) != 13 {
		t.Errorf("%v", config)
	}
	for _, want := range []string{"Dockerfile", ".dockerignore", "odoo.conf", "docker-compose.yml", ".odpm/runtime/entrypoint.sh", ".odpm/lock.json",
		".odpm/deps.lock.json", ".odpm/runtime/debug-profile.json", ".vscode/launch.json", ".odpm/compose/fragments/mailpit.yml", ".odpm/compose/services.snapshot.json"} {
		if !known[want] {
			t.Errorf("%s is not listed", want)
		}
	}
}

type explainedFile struct {
	File, Now, Rule, Mode string
	WrittenBy             string `json:"written_by"`
	Causes                []view.CauseJSON
	Values                []explained
}

func (p project) explainInto(t *testing.T, into any, args ...string) {
	t.Helper()
	status, stdout, stderr := p.devpm(t, append([]string{"explain", "--format", "json"}, args...)...)
	if strings.Contains(stdout+stderr, "planted") {
		t.Errorf("%v shows a secret", args)
	}
	if err := json.Unmarshal([]byte(stdout), into); status != 0 || err != nil {
		t.Fatalf("%v: exit status %d, %v\n%s%s", args, status, err, stdout, stderr)
	}
}

func leavesOf(all []explained) (out []explained) {
	for _, e := range all {
		if len(e.Children) == 0 {
			out = append(out, e)
		}
		out = append(out, leavesOf(e.Children)...)
	}
	return out
}

// explained is what `devpm explain --format json` says of a value.
type explained struct {
	Path   string
	Value  json.RawMessage
	Origin explainedOrigin

	Children []explained
}

type explainedOrigin struct {
	Layer, Name, File, Written, Rule string
	Line, Column                     int
	Causes                           []view.CauseJSON
	Replaced                         *struct {
		Value  json.RawMessage
		Origin explainedOrigin
	}
}

func (p project) explain(t *testing.T, args ...string) explained {
	t.Helper()
	status, stdout, stderr := p.devpm(t, append(args, "--format", "json")...)
	var e explained
	if err := json.Unmarshal([]byte(stdout), &e); status != 0 || err != nil {
		t.Fatalf("%v: exit status %d, %v\n%s%s", args, status, err, stdout, stderr)
	}
	return e
}

// accounts says what is missing or wrong in the account of a value; "" for a
// good one.
func (p project) accounts(o explainedOrigin, value any) string {
	if o.Layer == "" {
		return "no layer"
	}
	ours := o.Layer == "built-in" || o.Layer == "devpm"
	switch {
	case ours && o.Rule == "":
		return "a value of devpm's without its rule"
	case !ours && o.Line == 0:
		return "no place of a value that a file says"
	}
	if o.Line > 0 && !ours {
		written := fmt.Sprint(value)
		if o.Written != "" {
			written = o.Written
		}
		if found, err := p.valueAt(o.File, o.Line, o.Column); err != nil || found != written {
			return fmt.Sprintf("%s:%d:%d has %q (%v), not %q", o.File, o.Line, o.Column, found, err, written)
		}
	}
	for _, c := range o.Causes {
		if problem := p.decides(c); problem != "" {
			return problem
		}
	}
	if o.Replaced != nil {
		return p.accounts(o.Replaced.Origin, decodedValue(o.Replaced.Value))
	}
	return ""
}

// decides checks that a setting is where it is said to be.
func (p project) decides(c view.CauseJSON) string {
	switch {
	case c.Name == "":
		return "a cause without a name"
	case c.Line == 0 && c.File == "" && c.Origin == "" && !strings.HasPrefix(c.Name, "--"):
		return c.Name + ": no place, and nothing that sets it otherwise"
	case c.Line == 0 && c.File != "":
		if !p.has(c.File) {
			return c.File + " is not there"
		}
	case strings.HasSuffix(c.File, ".json"):
		if found, err := p.valueAt(c.File, c.Line, c.Column); err != nil || found != c.Value && found != c.Name {
			return fmt.Sprintf("%s: %s:%d:%d has %q (%v), not %q", c.Name, c.File, c.Line, c.Column, found, err, c.Value)
		}
	case c.File != "":
		lines, err := p.lines(c.File)
		if err != nil || c.Line > len(lines) || !strings.HasPrefix(lines[c.Line-1][c.Column-1:], c.Name+"=") {
			return fmt.Sprintf("%s is not set at %s:%d:%d (%v)", c.Name, c.File, c.Line, c.Column, err)
		}
	}
	return ""
}

// valueAt is the JSON scalar, or the key, that starts at a place of a file.
// Objects and lists are "map[]" and "[]" if empty, and "" otherwise.
func (p project) valueAt(file string, line, column int) (string, error) {
	lines, err := p.lines(file)
	if err != nil {
		return "", err
	}
	if line > len(lines) || column > len([]rune(lines[line-1])) {
		return "", fmt.Errorf("the place is behind the end")
	}
	rest := append([]string{string([]rune(lines[line-1])[column-1:])}, lines[line:]...)
	var v any
	if err := json.NewDecoder(strings.NewReader(strings.Join(rest, "\n"))).Decode(&v); err != nil {
		return "", err
	}
	switch v := v.(type) {
	case map[string]any:
		if len(v) > 0 {
			return "", nil
		}
	case []any:
		if len(v) > 0 {
			return "", nil
		}
	}
	return fmt.Sprint(v), nil
}

func (p project) lines(file string) ([]string, error) {
	if !filepath.IsAbs(file) {
		file = filepath.Join(p.dir, filepath.FromSlash(file))
	}
	text, err := os.ReadFile(file)
	return strings.Split(string(text), "\n"), err
}

// walk calls leaf for every value of a document, by its path. Empty maps and
// lists are leaves; the entries of an environment are found by their names.
func walk(path string, v any, leaf func(path string, value any)) {
	switch v := v.(type) {
	case map[string]any:
		var keys []string
		for key := range v {
			keys = append(keys, key)
		}
		slices.Sort(keys)
		for _, key := range keys {
			below := strings.TrimPrefix(path+"."+key, ".")
			if strings.ContainsAny(key, ".[]\"' ") {
				below = fmt.Sprintf("%s[%q]", path, key)
			}
			walk(below, v[key], leaf)
		}
		if len(v) > 0 {
			return
		}
	case []any:
		for i, item := range v {
			if key, text, entry := strings.Cut(fmt.Sprint(item), "="); entry && strings.HasSuffix(path, ".environment") {
				leaf(path+"."+key, text)
				continue
			}
			walk(fmt.Sprintf("%s[%d]", path, i), item, leaf)
		}
		if len(v) > 0 {
			return
		}
	}
	leaf(path, v)
}

// plainDollars undoes the doubling that is there for Compose.
func plainDollars(v any) any {
	if text, ok := v.(string); ok {
		return strings.ReplaceAll(text, "$$", "$")
	}
	return v
}

func decodedValue(raw json.RawMessage) any {
	var v any
	if err := json.Unmarshal(raw, &v); err != nil {
		return err
	}
	return v
}

func decoded(t *testing.T, raw json.RawMessage) any {
	t.Helper()
	v := decodedValue(raw)
	if err, bad := v.(error); bad {
		t.Fatal(err)
	}
	return v
}
