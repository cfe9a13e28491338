package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"

	"github.com/devpm/devpm/diag"
)

// hookError is what a room's error with a status and findings looks like.
type hookError struct{}

func (hookError) Error() string   { return "the hook ended with 42" }
func (hookError) ExitStatus() int { return 42 }
func (hookError) Diagnostics() diag.List {
	return diag.List{{Code: "DPM4001", Message: "it ended with 42", Fix: "look"}}
}

func TestEveryErrorHasItsStatusAndItsWords(t *testing.T) {
	ended, end := context.WithCancel(t.Context())
	end()
	failure := diag.List{{Code: "DPM1001", Range: diag.Range{File: "odpm.json", Start: diag.Position{Line: 1, Column: 2}}, Message: "bad", Fix: "mend it"}}.Err()
	tests := []struct {
		name   string
		ctx    context.Context
		err    error
		status int
		text   string
	}{
		{"nothing", t.Context(), nil, 0, ""},
		{"a plain error is one line", t.Context(), fmt.Errorf("reading x: %w", errors.New("a\nb")), 1, "error DPM6001: reading x: a b\n1 error\n"},
		{"a long chain keeps its ends", t.Context(), errors.New("a: b: c: d: e: f"), 1, "error DPM6001: a: e: f\n1 error\n"},
		{"diagnostics", t.Context(), fmt.Errorf("loading: %w", failure), 1, "odpm.json:1:2: error DPM1001: bad\n    fix: mend it\n1 error\n"},
		{"a status of its own, with diagnostics", t.Context(), fmt.Errorf("hooks: %w", hookError{}), 42, "error DPM4001: it ended with 42\n    fix: look\n1 error\n"},
		{"a status alone is silent", t.Context(), withStatus(exitChanges, nil), 2, ""},
		{"a status for diagnostics", t.Context(), withStatus(exitLocked, failure), 75, "odpm.json:1:2: error DPM1001: bad\n    fix: mend it\n1 error\n"},
		{"a status for a plain error", t.Context(), withStatus(exitUntrusted, errors.New("no")), 77, "error DPM6001: no\n1 error\n"},
		{"an interrupted run", ended, fmt.Errorf("waiting: %w", context.Canceled), 130, "devpm: interrupted\n"},
		{"a cancelled part of a run that goes on", t.Context(), context.Canceled, 1, "error DPM6001: context canceled\n1 error\n"},
		{"usage", t.Context(), usagef("no such thing"), 64, "devpm: no such thing\n\nUsage: x\nRun 'x --help' for more.\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newRun(t)
			app := newApp(r.host)
			app.report(tt.ctx, &cobra.Command{Use: "x"}, tt.err)
			if got := statusOf(tt.ctx, tt.err); got != tt.status {
				t.Errorf("the status is %d, want %d", got, tt.status)
			}
			if d := cmp.Diff(tt.text, r.err.String()); d != "" {
				t.Error(d)
			}
			if r.out.Len() > 0 {
				t.Errorf("stdout has %q", r.out.String())
			}
		})
	}
}

func TestWithFormatJSONErrorsAreOneDocumentOnStdout(t *testing.T) {
	r := newRun(t)
	if got := Main([]string{"-C", "nowhere", "ps", "--format", "json"}, r.host); got != 1 {
		t.Errorf("the status is %d", got)
	}
	var doc struct {
		Version     int
		Diagnostics []map[string]any
	}
	if err := json.Unmarshal(r.out.Bytes(), &doc); err != nil {
		t.Fatalf("%v in %q", err, r.out.String())
	}
	if doc.Version != 1 || len(doc.Diagnostics) != 1 || doc.Diagnostics[0]["code"] != "DPM6004" || r.err.Len() > 0 {
		t.Errorf("stdout %s, stderr %s", r.out.String(), r.err.String())
	}
}

func TestSnippetsComeFromTheRunsSources(t *testing.T) {
	r := newRun(t, "NO_COLOR=1")
	app := newApp(r.host)
	app.Sources.Add("odpm.json", []byte("{x}"))
	app.report(t.Context(), &cobra.Command{}, diag.List{{Code: "DPM1001", Range: diag.Range{File: "odpm.json", Start: diag.Position{Line: 1, Column: 2}}, Message: "bad"}}.Err())
	if !strings.Contains(r.err.String(), "    1 | {x}\n      |  ^\n") {
		t.Errorf("no snippet:\n%s", r.err.String())
	}
}

func TestAPanicIsReportedWithAStatusThatMeansError(t *testing.T) {
	r := newRun(t)
	r.host.Getwd = func() (string, error) { panic("boom") }
	if got := Main([]string{"version"}, r.host); got != exitError {
		t.Errorf("the status is %d", got)
	}
	if !strings.Contains(r.err.String(), "internal error: boom") {
		t.Errorf("stderr: %s", r.err.String())
	}
}

func TestALostWorkingDirectoryIsAFinding(t *testing.T) {
	r := newRun(t)
	r.host.Getwd = func() (string, error) { return "", &fs.PathError{Op: "getwd", Err: fs.ErrNotExist} }
	if got := Main([]string{"version"}, r.host); got != 1 || !strings.Contains(r.err.String(), "DPM6008") {
		t.Errorf("status %d, stderr %s", got, r.err.String())
	}
	r = newRun(t)
	r.host.Getwd = func() (string, error) { return "", fs.ErrNotExist }
	if got := Main([]string{"-C", t.TempDir(), "version"}, r.host); got != 0 {
		t.Errorf("with -C: status %d, stderr %s", got, r.err.String())
	}
}

func TestHelpNamesEveryStatusThatTheCommandStates(t *testing.T) {
	var walk func(*cobra.Command)
	walk = func(c *cobra.Command) {
		if c.HasParent() && c.Annotations[annotationExit] == "" {
			t.Errorf("%s does not say how it exits", c.CommandPath())
		}
		if c.Long == "" || c.Short == "" || c.RunE == nil {
			t.Errorf("%s lacks a description or a run", c.CommandPath())
		}
		script := "help_root"
		if c.HasParent() {
			script = "help_" + strings.Join(strings.Fields(c.CommandPath())[1:], "_")
		}
		if _, err := os.Stat(filepath.Join("../../../../testdata/script", script+".txtar")); err != nil {
			t.Errorf("the help of %s has no golden: %v", c.CommandPath(), err)
		}
		for _, sub := range c.Commands() {
			walk(sub)
		}
	}
	root := newRootCmd(newApp(newRun(t).host))
	root.InitDefaultHelpCmd()
	walk(root)
}

func TestStatusesHaveMeanings(t *testing.T) {
	for _, code := range []int{
		exitOK, exitError, exitChanges, exitUsage, exitLocked, exitUntrusted, exitTimeout, exitUnstartable, exitNotFound, exitInterrupted, exitChild,
	} {
		if exitMeaning[code] == "" {
			t.Errorf("status %d has no meaning", code)
		}
	}
}

func TestFaultsNameWhatToDo(t *testing.T) {
	denied := &fs.PathError{Op: "open", Path: "/x/odpm.json", Err: fs.ErrPermission}
	for _, tt := range []struct {
		err  error
		want string
	}{
		{faultNoManifest("/x", true), "error DPM6002: there is no odpm.json in /x or the directories above it\n    fix: change to the project's directory, name it with -C DIR, or run `devpm init` to write an odpm.json here"},
		{faultNoManifest("/x", false), "error DPM6002: there is no odpm.json in /x\n    fix: change to"},
		{faultManifestFile("odpm.json", denied), "odpm.json: error DPM6003: the manifest cannot be read: permission denied\n    fix: give yourself"},
		{faultManifestFile("odpm.json", errors.New("not a regular file")), "odpm.json: error DPM6003: the manifest cannot be read: not a regular file\n    fix: put the manifest"},
		{faultDotenvFile(".env", denied), ".env: error DPM6009: the file cannot be read: permission denied"},
		{faultUnknownPath("services.wep", []string{"services.web"}), "error DPM6006: the document has no \"services.wep\"\n    fix: did you mean services.web?"},
		{faultUnknownService("wep", []string{"db", "web"}), "error DPM6007: there is no service \"wep\"\n    fix: did you mean \"web\"? the services are db, web"},
		{faultUnknownService("x", nil), "error DPM6007: there is no service \"x\"\n    fix: the document has no services"},
	} {
		if got := tt.err.Error(); !strings.HasPrefix(got, tt.want) {
			t.Errorf("got\n%s\nwant\n%s", got, tt.want)
		}
	}
}

// TestThePageHasEveryStatus keeps docs/ci.md at what help says.
func TestThePageHasEveryStatus(t *testing.T) {
	page, err := os.ReadFile("../../../../docs/ci.md")
	if err != nil {
		t.Fatal(err)
	}
	for status, meaning := range exitMeaning {
		row := fmt.Sprintf("\n| %d | %s |\n", status, meaning)
		if status == exitChild {
			row = fmt.Sprintf("\n| n | %s |\n", meaning)
		}
		if !strings.Contains(string(page), row) {
			t.Errorf("docs/ci.md has no row %q", row)
		}
	}
}
