package cli

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/extensions/pack"
)

// TestTheFirstPythonThatAPackageAllowsIsChosen is UEX-14.
func TestTheFirstPythonThatAPackageAllowsIsChosen(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the interpreters of this test are shell scripts")
	}
	dir := t.TempDir()
	for name, version := range map[string]string{"python3": "3.7.16", "python3.9": "3.9.18", "python3.11": "3.11.2"} {
		answer := "#!/bin/sh\nprintf '" + filepath.Join(dir, name) + "\\n" + version + "\\ncpython\\n\\n'\n"
		if err := os.WriteFile(filepath.Join(dir, name), []byte(answer), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	app := newApp(newRun(t, "PATH="+dir).host)
	app.Dir = dir
	tests := []struct {
		requires, chosen string
		tried            []string // in the message of a refusal
	}{
		{">=3.10", "3.11.2", nil},
		{"<3.10", "3.9.18", nil}, // 3.7 would do, and is older than extensions run with
		{"!=3.11.2", "3.9.18", nil},
		{"==3.12*", "", []string{"3.11.2", "3.9.18", "3.7.16; extensions need 3.8 or later"}},
	}
	for _, tt := range tests {
		spec, bad := pack.ParseSpecifier(tt.requires)
		if bad != nil {
			t.Fatal(bad)
		}
		d := &pack.Deployed{Installed: &pack.Installed{Metadata: &pack.Metadata{Name: "tools", RequiresPython: spec}}}
		got, refused := app.choosePython(t.Context(), d, dir)
		if tt.chosen != "" {
			if refused != nil || got.Version != tt.chosen {
				t.Errorf("%s: %+v, %+v", tt.requires, got, refused)
			}
			continue
		}
		if refused == nil || refused.Code != diag.StorePython {
			t.Fatalf("%s: %+v, %+v", tt.requires, got, refused)
		}
		for _, part := range tt.tried {
			if !strings.Contains(refused.Message, part) {
				t.Errorf("%s: %s is not in %q", tt.requires, part, refused.Message)
			}
		}
	}
}
