package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/devpm/devpm/extensions/sandbox"
	"github.com/devpm/devpm/internal/testkit"
)

// scriptRoot holds the scripts; those in engineScripts need a real engine.
const (
	scriptRoot    = "../../testdata/script"
	engineScripts = "engine"
)

// TestMain makes the test binary all the programs that scripts run: devpm
// itself, a helper for hooks, and, under the names that `fakedocker` installs,
// a docker and a docker-compose that talk to nobody.
func TestMain(m *testing.M) {
	switch name := strings.TrimSuffix(filepath.Base(os.Args[0]), ".exe"); name {
	case "docker", "docker-compose":
		os.Exit(fakeDocker(name, os.Args[1:]))
	}
	testscript.Main(m, map[string]func(){
		"devpm":      devpm,
		"hookhelper": hookHelper,
	})
}

func TestScripts(t *testing.T) { runScripts(t, scriptRoot, setupScript) }

// runScripts runs every script of one directory (not of those below it).
func runScripts(t *testing.T, dir string, setup func(*testscript.Env) error) {
	testscript.Run(t, testscript.Params{
		Dir:                 dir,
		Setup:               setup,
		Condition:           condition,
		Cmds:                scriptCommands,
		UpdateScripts:       testkit.Updating(),
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
	})
}

// TestEveryScriptHasARunner fails for a script that nobody runs, such as one in
// a new directory.
func TestEveryScriptHasARunner(t *testing.T) {
	ran := []string{".", engineScripts}
	err := filepath.WalkDir(scriptRoot, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(scriptRoot, path)
		if err != nil {
			return err
		}
		if dir := filepath.Dir(rel); filepath.Ext(rel) != ".txtar" || !slices.Contains(ran, dir) {
			t.Errorf("%s is run by no test", rel)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// setupScript gives each script a home of its own and an engine that does not
// answer. $DEVPM is the program's path, for scripts that change PATH.
func setupScript(env *testscript.Env) error {
	home := filepath.Join(env.WorkDir, ".home")
	programs, _, _ := strings.Cut(env.Getenv("PATH"), string(filepath.ListSeparator)) // testscript's own comes first
	set := map[string]string{
		"HOME":            home,
		"USERPROFILE":     home,
		"XDG_STATE_HOME":  filepath.Join(home, "state"),
		"XDG_CONFIG_HOME": filepath.Join(home, "config"),
		"XDG_CACHE_HOME":  filepath.Join(home, "cache"),
		"DOCKER_HOST":     "unix://" + filepath.Join(env.WorkDir, ".no-engine.sock"),
		"DOCKER_CONFIG":   filepath.Join(home, "docker"),
		"REAL_PATH":       env.Getenv("PATH"),
		"TERM":            "dumb",
		"DEVPM":           filepath.Join(programs, "devpm"),
		"EXAMPLES":        examples(),
		"GOCACHE":         goCache(), // so that a script does not compile the standard library
		fakeDir:           filepath.Join(env.WorkDir, ".fake"),
	}
	for k, v := range set {
		env.Setenv(k, v)
	}
	env.Values[processesKey{}] = processes{}
	if err := os.MkdirAll(home, 0o755); err != nil {
		return err
	}
	return watchSecrets(env)
}

// examples is where the examples of extensions are.
func examples() string {
	dir, err := filepath.Abs("../../examples/extensions")
	if err != nil {
		panic(err) // there is no working directory
	}
	return dir
}

// goCache is the build cache of the tests themselves.
func goCache() string {
	if dir := os.Getenv("GOCACHE"); dir != "" {
		return dir
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	return filepath.Join(dir, "go-build")
}

// condition answers [engine], [root], [unshare] and [sandbox], which holds where
// the kernel can enforce all that the sandbox promises.
func condition(name string) (bool, error) {
	switch name {
	case "engine":
		return engineBuild, nil
	case "root":
		return os.Geteuid() == 0, nil
	case "unshare":
		return canUnshare(), nil
	case "sandbox":
		return sandbox.Probe().Full(), nil
	default:
		return false, fmt.Errorf("unknown condition %q", name)
	}
}
