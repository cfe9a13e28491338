package editor

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func profile() Profile {
	return Profile{
		ProjectDir: "/p/shop", Service: "odoo", Host: "localhost", Port: 15678, ContainerPort: 5678,
		Mappings: []Mapping{
			{"platform", "/src/odoo", "/home/ana/odoo"},
			{"developing", "/p/shop", "/home/ana/extra-addons/shop"},
			{"environment", "/p/shop/.venv", "/home/ana/.venv"},
		},
	}
}

func workspace() Workspace {
	return Workspace{ProjectDir: "/p/shop", Interpreter: "/p/shop/.venv/bin/python3", ExtraPaths: []string{"/src/odoo", "/p/shop/addons"}}
}

const freshLaunch = `{
    "version": "0.2.0",
    "configurations": [
        {
            "name": "devpm: attach",
            "type": "debugpy",
            "request": "attach",
            "connect": {
                "host": "localhost",
                "port": 15678
            },
            "pathMappings": [
                {
                    "localRoot": "/src/odoo",
                    "remoteRoot": "/home/ana/odoo"
                },
                {
                    "localRoot": "${workspaceFolder}",
                    "remoteRoot": "/home/ana/extra-addons/shop"
                },
                {
                    "localRoot": "${workspaceFolder}/.venv",
                    "remoteRoot": "/home/ana/.venv"
                }
            ],
            "justMyCode": false
        }
    ]
}
`

func launch(t *testing.T, existing string) string {
	t.Helper()
	out, err := Launch([]byte(existing), profile())
	if err != nil {
		t.Fatalf("%v\n%s", err, existing)
	}
	again, err := Launch(out, profile())
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(out), string(again)); d != "" {
		t.Errorf("a second look changes it again:\n%s", d)
	}
	return string(out)
}

func TestLaunchIsWrittenWhereNoneIs(t *testing.T) {
	for _, existing := range []string{"", " \n", "{}", "{\n}\n"} {
		if d := cmp.Diff(strings.TrimSpace(freshLaunch), strings.TrimSpace(launch(t, existing))); d != "" {
			t.Errorf("%q\n%s", existing, d)
		}
	}
}

// The user's bytes are those outside of what devpm adds.
func TestLaunchKeepsWhatIsTheUsers(t *testing.T) {
	const user = "// mine\n{\n\t\"version\": \"0.2.0\", /* old */\n\t\"configurations\": [\n\t\t{ \"name\": \"Chrome\", \"type\": \"chrome\", }, // keep\n\t],\n\t\"compounds\": [],\n}\n"
	got := launch(t, user)
	if !strings.Contains(got, "\n\t\t{\n\t\t\t\"name\": \"devpm: attach\"") {
		t.Errorf("not indented as the file is:\n%s", got)
	}
	before, added, found := strings.Cut(got, ",\n\t\t{\n\t\t\t\"name\": \"devpm")
	_, after, ended := strings.Cut(added, "\"justMyCode\": false\n\t\t}")
	if !found || !ended {
		t.Fatal(got)
	}
	if d := cmp.Diff(user, before+after); d != "" {
		t.Errorf("the user's bytes changed:\n%s", d)
	}
}

func TestLaunchFollowsTheProjectInItsOwnConfigurationOnly(t *testing.T) {
	edited := strings.Replace(freshLaunch, `"justMyCode": false`, `"justMyCode": true, // faster`, 1)
	moved := strings.Replace(strings.Replace(edited, "15678", "9", 1), "/home/ana/odoo", "/elsewhere", 1)
	if d := cmp.Diff(edited, launch(t, moved)); d != "" {
		t.Error(d)
	}
	crlf := strings.ReplaceAll("{\n  \"configurations\": []\n}\n", "\n", "\r\n")
	if got := launch(t, crlf); strings.Count(got, "\n") != strings.Count(got, "\r\n") {
		t.Errorf("mixed line ends: %q", got)
	}
	if got := launch(t, "{\"configurations\": [ /* none yet */ ]}"); !strings.Contains(got, "/* none yet */") {
		t.Errorf("the comment is lost: %s", got)
	}
}

func TestFilesThatCannotBeChangedAreLeftAlone(t *testing.T) {
	for _, tt := range []struct {
		text, says string
		broken     bool
	}{
		{"{", "it is not JSON", true},
		{"[]", "its top is not an object", false},
		{`{"configurations": {}}`, "configurations is not a list", false},
		{`{"configurations": [], "configurations": []}`, `the key "configurations" twice`, false},
	} {
		_, err := Launch([]byte(tt.text), profile())
		left, ok := errors.AsType[*LeftAlone](err)
		if !ok || !strings.Contains(left.Reason, tt.says) || left.Broken != tt.broken || !strings.Contains(left.Add, `"name": "devpm: attach"`) {
			t.Errorf("%s: %#v", tt.text, err)
		}
	}
	for _, text := range []string{`{"python.analysis.extraPaths": "x"}`, `{"a": }`} {
		_, err := Settings([]byte(text), workspace())
		if left, ok := errors.AsType[*LeftAlone](err); !ok || !strings.Contains(left.Add, "/src/odoo") {
			t.Errorf("%s: %v", text, err)
		}
	}
	for _, text := range []string{"<component>", "<a/>", "<component><option name=\"pathMappings\"><list/><list/></option></component>"} {
		_, err := PyCharm([]byte(text), profile())
		if left, ok := errors.AsType[*LeftAlone](err); !ok || !strings.Contains(left.Add, "remote-root=\"/home/ana/odoo\"") {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestSettings(t *testing.T) {
	for _, tt := range []struct{ existing, want string }{
		{"", `{
    "python.defaultInterpreterPath": "${workspaceFolder}/.venv/bin/python3",
    "python.analysis.extraPaths": [
        "/src/odoo",
        "${workspaceFolder}/addons"
    ]
}
`},
		{ // the user's interpreter and order stay
			"{\n  // ours\n  \"python.defaultInterpreterPath\": \"/usr/bin/python3\",\n  \"python.analysis.extraPaths\": [\"lib\", \"/src/odoo\"],\n  \"editor.rulers\": [88]\n}\n",
			"{\n  // ours\n  \"python.defaultInterpreterPath\": \"/usr/bin/python3\",\n  \"python.analysis.extraPaths\": [\"lib\", \"/src/odoo\",\n    \"${workspaceFolder}/addons\"],\n  \"editor.rulers\": [88]\n}\n",
		},
	} {
		got, err := Settings([]byte(tt.existing), workspace())
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(tt.want, string(got)); d != "" {
			t.Error(d)
		}
		if again, err := Settings(got, workspace()); err != nil || string(again) != string(got) {
			t.Errorf("a second look changes it again: %v\n%s", err, again)
		}
	}
}

func TestPyCharm(t *testing.T) {
	p := profile()
	p.Mappings[0].Local = `/src/o"d&o`
	fresh, err := PyCharm(nil, p)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`<option name="PORT" value="15679" />`, `<mapping local-root="/src/o&#34;d&amp;o" remote-root="/home/ana/odoo" />`,
		`<mapping local-root="$PROJECT_DIR$/.venv" remote-root="/home/ana/.venv" />`,
	} {
		if !strings.Contains(string(fresh), want) {
			t.Errorf("lacks %s:\n%s", want, fresh)
		}
	}
	if again, err := PyCharm(fresh, p); err != nil || string(again) != string(fresh) {
		t.Errorf("a second look changes it: %v\n%s", err, again)
	}
	// PyCharm and the user have edited it: another port, a mapping of their own.
	edited := strings.Replace(string(fresh), "15679", "7000", 1)
	edited = strings.Replace(edited, "        </list>", "          <mapping local-root=\"/mine\" remote-root=\"/opt/mine\" />\n        </list>", 1)
	if again, err := PyCharm([]byte(edited), p); err != nil || string(again) != edited {
		t.Errorf("the user's edits are lost: %v\n%s", err, again)
	}
	p.Mappings[0].Local = "/new"
	got, err := PyCharm([]byte(edited), p)
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Replace(edited, "/src/o&#34;d&amp;o", "/new", 1)
	if d := cmp.Diff(want, string(got)); d != "" {
		t.Error(d)
	}
	for _, list := range []string{"<list />", "<list></list>"} {
		file := "<component><option name=\"pathMappings\">" + list + "</option><x/></component>"
		got, err := PyCharm([]byte(file), p)
		if err != nil || !strings.Contains(string(got), "remote-root=\"/home/ana/odoo\"") || !strings.HasSuffix(string(got), "</list></option><x/></component>") {
			t.Errorf("%s: %v\n%s", list, err, got)
		}
		if again, _ := PyCharm(got, p); string(again) != string(got) {
			t.Errorf("a second look changes it: %s", again)
		}
	}
}

func TestProfileJSON(t *testing.T) {
	const want = `{
  "schema_version": 1,
  "debugger": "debugpy",
  "service": "odoo",
  "host": "localhost",
  "port": 15678,
  "container_port": 5678,
  "path_mappings": [
    {
      "role": "platform",
      "local": "/src/odoo",
      "remote": "/home/ana/odoo"
    }
  ]
}
`
	p := profile()
	p.Mappings = p.Mappings[:1]
	if d := cmp.Diff(want, string(p.JSON())); d != "" {
		t.Error(d)
	}
}

// Whatever the user's file holds, it is left alone, or stays readable and is
// right after one change.
func FuzzLaunch(f *testing.F) {
	for _, seed := range []string{"", "{}", freshLaunch, "// a\n{\"configurations\": [{},], /*x*/}", "{\"configurations\":[/**/]}", "{\"version\": 1}"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		out, err := Launch(text, profile())
		if err != nil {
			return
		}
		again, err := Launch(out, profile())
		if err != nil || string(again) != string(out) {
			t.Fatalf("%v\nfirst  %q\nsecond %q", err, out, again)
		}
	})
}

// The same for PyCharm's file.
func FuzzPyCharm(f *testing.F) {
	fresh, _ := PyCharm(nil, profile())
	for _, seed := range []string{"", string(fresh), "<a><option name=\"pathMappings\"><list/></option></a>"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		out, err := PyCharm(text, profile())
		if err != nil {
			return
		}
		again, err := PyCharm(out, profile())
		if err != nil || string(again) != string(out) {
			t.Fatalf("%v\nfirst  %q\nsecond %q", err, out, again)
		}
	})
}
