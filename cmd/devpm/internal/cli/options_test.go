package cli

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/spf13/cobra"
)

// options checks what a command line means.
func options[O any](build func(*App, runner[O]) *cobra.Command, line string, want O) func(*testing.T) {
	return func(t *testing.T) {
		got, _, err := parse(t, build, strings.Fields(line)...)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, got, cmpopts.EquateEmpty()); d != "" {
			t.Errorf("%q: (-want +got)\n%s", line, d)
		}
	}
}

func TestFlagsBecomeOptions(t *testing.T) {
	t.Run("plan without flags", options(newPlanCmd, "", planOptions{Format: "table"}))
	t.Run("plan with all", options(newPlanCmd, "--format json --show-diff --strict --detailed-exitcode --no-docker --skip-start --no-git-update",
		planOptions{Format: "json", ShowDiff: true, Strict: true, DetailedExitcode: true, NoDocker: true, SkipStart: true, NoGitUpdate: true}))
	t.Run("plan --update", options(newPlanCmd, "--update", planOptions{Format: "table", Update: true}))
	t.Run("up without flags", options(newUpCmd, "", upOptions{WaitTimeout: 5 * time.Minute}))
	t.Run("up with all", options(newUpCmd, "web --build db --force-recreate --profile a --profile b,c --update --no-wait --wait-timeout 90s --skip-start -- -d shop -i sale,crm",
		upOptions{Services: []string{"web", "db"}, Args: []string{"-d", "shop", "-i", "sale,crm"}, Build: true, ForceRecreate: true,
			Profiles: []string{"a", "b,c"}, Update: true, NoWait: true, WaitTimeout: 90 * time.Second, SkipStart: true}))
	t.Run("up --attach, arguments only", options(newUpCmd, "--attach --no-git-update -- -u x",
		upOptions{Services: []string{}, Args: []string{"-u", "x"}, Attach: true, NoGitUpdate: true, WaitTimeout: 5 * time.Minute}))
	t.Run("down", options(newDownCmd, "--volumes --data", downOptions{Volumes: true, Data: true}))
	t.Run("stop", options(newStopCmd, "web db", stopOptions{Services: []string{"web", "db"}}))
	t.Run("restart", options(newRestartCmd, "", restartOptions{Services: []string{}}))
	t.Run("ps", options(newPsCmd, "--format=json", psOptions{Format: "json"}))
	t.Run("logs", options(newLogsCmd, "-f --tail 5 web", logsOptions{Services: []string{"web"}, Follow: true, Tail: "5"}))
	t.Run("exec leaves the command's flags alone", options(newExecCmd, "-T db psql -T --format x -- -c 1",
		execOptions{NoTTY: true, Service: "db", Command: []string{"psql", "-T", "--format", "x", "--", "-c", "1"}}))
	t.Run("compose passes everything", options(newComposeCmd, "-- ps -a --format json", composeOptions{Args: []string{"ps", "-a", "--format", "json"}}))
	t.Run("compose without the dashes", options(newComposeCmd, "top -x", composeOptions{Args: []string{"top", "-x"}}))
	t.Run("explain", options(newExplainCmd, "services.web --format json", explainOptions{Path: "services.web", Format: "json"}))
	t.Run("render", options(newRenderCmd, "", renderOptions{Format: "yaml"}))
	t.Run("manifest validate", options(newValidateCmd, "shop/odpm.json", validateOptions{File: "shop/odpm.json", Format: "text", Level: "devpm"}))
	t.Run("init", options(newInitCmd, "--stack odoo --force", initOptions{Stack: "odoo", Force: true}))
	t.Run("doctor", options(newDoctorCmd, "", doctorOptions{Format: "text"}))
}

func TestWrongArgumentsAreUsageErrors(t *testing.T) {
	for _, line := range []string{
		"plan --out x --no-docker", "up --plan x web", "up --plan x --build", "up --attach --no-wait", "exec web", "exec", "compose", "explain a b",
		"logs --tail -1", "manifest validate a b", "ps --format xml", "completion tcsh", "nonsense", "manifest nonsense", "down --volume",
	} {
		t.Run(line, func(t *testing.T) {
			r := newRun(t)
			if got := Main(strings.Fields(line), r.host); got != exitUsage {
				t.Errorf("the status is %d", got)
			}
			if r.out.Len() > 0 || !strings.HasPrefix(r.err.String(), "devpm: ") || !strings.Contains(r.err.String(), "\nUsage: devpm") {
				t.Errorf("stdout %q, stderr %q", r.out.String(), r.err.String())
			}
		})
	}
}

func TestGlobalFlagsCountBeforeTheRun(t *testing.T) {
	var seen *App
	probe := func(t *testing.T, args ...string) error {
		t.Helper()
		app := newApp(newRun(t).host)
		root := newRootCmd(app)
		for _, c := range root.Commands() {
			if c.Name() == "version" {
				c.RunE = func(*cobra.Command, []string) error { seen = app; return nil }
				settleBefore(app, c)
			}
		}
		root.SetArgs(args)
		return root.ExecuteContext(t.Context())
	}
	dir := t.TempDir()
	if err := probe(t, "-C", dir, "-vv", "version", "--log-format", "json", "--scenario", "ci", "--color=never"); err != nil {
		t.Fatal(err)
	}
	if seen.Dir != dir || !seen.DirGiven || seen.Verbosity != 2 || seen.LogFormat != LogJSON || seen.Scenario != "ci" || seen.Color != "never" {
		t.Errorf("got %+v", seen)
	}
	if err := probe(t, "version", "-q"); err != nil {
		t.Fatal(err)
	}
	if wd, _ := seen.Getwd(); seen.Dir != wd || seen.DirGiven || seen.Verbosity != -1 || seen.LogFormat != LogText {
		t.Errorf("got %+v", seen)
	}
	if err := probe(t, "version", "--format", "json"); err != nil || !seen.JSON {
		t.Errorf("--format json was not seen: %v", err)
	}
	var usage *usageError
	if err := probe(t, "-qv", "version"); !errors.As(err, &usage) {
		t.Errorf("-q and -v together: %v", err)
	}
}

func TestNearestIsHelpfulAndNotRandom(t *testing.T) {
	known := []string{"plan", "up", "stop", "restart", "logs", "exec"}
	for word, want := range map[string]string{
		"plam": "plan", "sotp": "stop", "log": "logs", "restrat": "restart", "re": "restart", "bogus": "", "x": "", "": "", "pull": "",
	} {
		if got := nearest(word, known); got != want {
			t.Errorf("nearest(%q) = %q, want %q", word, got, want)
		}
	}
}
