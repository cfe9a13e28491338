//go:build engine

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// engineBuild says whether this test binary may use a real engine.
const engineBuild = true

// TestEngineScripts runs the scripts that start containers.
func TestEngineScripts(t *testing.T) {
	runScripts(t, filepath.Join(scriptRoot, engineScripts), setupEngineScript)
}

// setupEngineScript is setupScript with the real engine. The files below
// project/ become a directory whose name no other run has, $PROJECT, in which
// the script begins; so does its Compose project. When the script ends, however
// it ends, everything with that project's label is removed.
func setupEngineScript(env *testscript.Env) error {
	if err := setupScript(env); err != nil {
		return err
	}
	name := fmt.Sprintf("%s-%d", strings.ReplaceAll(filepath.Base(env.WorkDir), "_", "-"), os.Getpid())
	env.Setenv("DOCKER_HOST", os.Getenv("DOCKER_HOST"))
	env.Setenv("DOCKER_CONFIG", dockerConfig())
	env.Setenv("PROJECT", name)
	env.Cd = filepath.Join(env.WorkDir, name)
	env.Defer(func() { removeProject(name) })
	return os.Rename(filepath.Join(env.WorkDir, "project"), env.Cd)
}

func dockerConfig() string {
	if dir := os.Getenv("DOCKER_CONFIG"); dir != "" {
		return dir
	}
	home, _ := os.UserHomeDir()
	return filepath.Join(home, ".docker")
}

// removeProject removes containers, networks, volumes and built images of a
// Compose project.
func removeProject(name string) {
	for _, kind := range []struct{ list, remove []string }{
		{[]string{"ps", "-aq"}, []string{"rm", "-f", "-v"}},
		{[]string{"network", "ls", "-q"}, []string{"network", "rm"}},
		{[]string{"volume", "ls", "-q"}, []string{"volume", "rm", "-f"}},
		{[]string{"image", "ls", "-q"}, []string{"image", "rm", "-f"}},
	} {
		out, err := exec.Command("docker", append(kind.list, "--filter", "label=com.docker.compose.project="+name)...).Output()
		if ids := strings.Fields(string(out)); err == nil && len(ids) > 0 {
			_ = exec.Command("docker", append(kind.remove, ids...)...).Run() // what is gone already is gone
		}
	}
}
