package secrets_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/devpm/devpm/manifest/secrets"
)

func TestChoose(t *testing.T) {
	const exec = `{"type": "exec", "command": ["vault", "--json"]}`
	tests := map[string]struct {
		flag, variable, block string
		want                  string // the type
		problem               string // in the message; "": none
	}{
		"nothing is named":            {"", "", "{}", "file", ""},
		"the manifest":                {"", "", exec, "exec", ""},
		"the environment over it":     {"", "file", exec, "file", ""},
		"the flag over both":          {"exec", "file", exec, "exec", ""},
		"a blank variable is nothing": {"", " ", exec, "exec", ""},
		"exec without a command":      {"exec", "", "{}", "exec", "no command"},
		"odpm's own":                  {"", "", `{"type": "infisical"}`, "infisical", "Infisical"},
		"a plugin's":                  {"", "", `{"type": "vault"}`, "vault", `"vault"`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, problem := secrets.Choose(tt.flag, tt.variable, block(t, tt.block))
			if got.Type != tt.want {
				t.Errorf("type %s", got.Type)
			}
			switch {
			case problem == nil && tt.problem != "":
				t.Error("no problem")
			case problem != nil && (tt.problem == "" || !strings.Contains(problem.Message, tt.problem) || problem.Fix == ""):
				t.Error(problem)
			}
		})
	}
	p, _ := secrets.Choose("", "", block(t, exec))
	if d := cmp.Diff([]string{"vault", "--json"}, p.Argv()); d != "" || p.Range.Start.Column != 29 || p.Command[1].Path != "secrets.provider.command[1]" {
		t.Error(d, p.Range, p.Command)
	}
	if p, problem := secrets.Choose("", "", nil); p.Type != "file" || problem != nil {
		t.Error(p, problem)
	}
}

func TestDecode(t *testing.T) {
	const hidden = "planted-value"
	p := secrets.Provider{KeyMap: map[string]string{"DB_PASSWORD": "db.password", "deep.KEY": "key"}}
	got, fault := p.Decode([]byte(`{"DB_PASSWORD": "one", "other": "two", "deep": {"KEY": "three", "x": {"y": ""}}}` + "\n"))
	if fault != nil {
		t.Fatal(fault)
	}
	if d := cmp.Diff(map[string]string{"db.password": "one", "other": "two", "key": "three", "deep.x.y": ""}, got); d != "" {
		t.Error(d)
	}
	for name, tt := range map[string]struct{ output, want string }{
		"nothing":         {"", "DPM3312"},
		"text":            {"error: planted-value", "line 1, column 1"},
		"text before":     {"signing in\n{\"a\": \"planted-value\"}", "line 1"},
		"a list":          {`[{"key": "planted-value"}]`, "not a JSON object"},
		"a number":        {`{"a": {"b": 7}, "c": true, "d": "planted-value"}`, "no strings: a.b and c"},
		"null":            {`{"a": null}`, "no strings: a"},
		"one name twice":  {`{"db.password": "planted-value", "DB_PASSWORD": "x"}`, "two values for db.password"},
		"a blank name":    {`{"": "planted-value"}`, "blank name"},
		"more than a MiB": {`{"a": "` + strings.Repeat("x", secrets.MaxOutput) + `"}`, "more than 1024 KiB"},
	} {
		t.Run(name, func(t *testing.T) {
			values, fault := p.Decode([]byte(tt.output))
			if fault == nil {
				t.Fatalf("accepted: %v", values)
			}
			if text := fault.String(); !strings.Contains(text, tt.want) || strings.Contains(text, hidden) {
				t.Errorf("%s\nwant %s", text, tt.want)
			}
		})
	}
}
