//go:build unix

package odoo

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// container is a directory that looks like the inside of a container: a home, a
// platform, config.json, and programs that write down how they are called.
type container struct {
	t    *testing.T
	dir  string
	home string
	env  []string
}

// The stand-in for Python answers what the entrypoint asks of it: config.json is
// read by the real one, its version comes from a file, and "-m venv" makes a
// link to itself as the environment's python3.
const fakePython = `#!/bin/sh
case "$1" in
-c)
  case "$2" in
  *"json.load"*) exec "$REAL_PYTHON" "$@" ;;
  *"import debugpy"*) [ -e "$DIR/debugpy" ] ;;
  *"import pip"*) [ "$(cat "$(dirname "$0")/made-by" 2>/dev/null)" = "$3" ] ;;
  *) cat "$DIR/version" ;;
  esac ;;
-Xfrozen_modules=off) echo "$*" ;;
-m)
  echo "$*" >>"$DIR/calls"
  if [ -e "$DIR/fail-$2" ]; then exit 3; fi
  case "$*" in *--no-index*) [ ! -e "$DIR/fail-vendored" ] || exit 3 ;; esac
  case "$*" in *" debugpy") : >"$DIR/debugpy" ;; esac
  if [ "$2" = venv ]; then
    mkdir -p "$3/bin"
    if [ -e "$DIR/die-venv" ]; then kill -9 "$PPID"; fi
    cp "$0" "$3/bin/python3"
    cat "$DIR/version" >"$3/bin/made-by"
  fi ;;
esac
`

const fakePgIsReady = `#!/bin/sh
echo "pg_isready $*" >>"$DIR/calls"
left=$(cat "$DIR/not-ready" 2>/dev/null || echo 0)
[ "$left" -le 0 ] && exit 0
echo $((left - 1)) >"$DIR/not-ready"
exit 2
`

const fakePsql = `#!/bin/sh
case "$*" in
*"--username odoo"*) [ -e "$DIR/role" ] ;;
*"--username postgres"*)
  cat >"$DIR/sql"
  echo "psql as postgres with $PGPASSWORD" >>"$DIR/calls"
  [ ! -e "$DIR/fail-psql" ] && : >"$DIR/role" ;;
esac
`

func newContainer(t *testing.T) *container {
	t.Helper()
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Fatal("the entrypoint needs python3")
	}
	dir := t.TempDir()
	c := &container{t: t, dir: dir, home: filepath.Join(dir, "home it's")}
	for name, text := range map[string]string{"python3": fakePython, "pg_isready": fakePgIsReady, "psql": fakePsql, "sleep": "#!/bin/sh\n"} {
		c.write("bin/"+name, text)
		if err := os.Chmod(filepath.Join(dir, "bin", name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	config, err := json.Marshal(map[string]any{
		"schema_version": 1, "home": c.home, "platform": filepath.Join(dir, "odoo"), "addons": []string{},
		"database": map[string]string{"host": "db", "port": "5432", "user": "odoo", "password": "o'doo", "admin_user": "postgres", "admin_password": "adm$in"},
	})
	if err != nil {
		t.Fatal(err)
	}
	c.write("config.json", string(config))
	c.write("entrypoint.sh", string(entrypoint))
	c.write("version", "3.11.2 /usr\n")
	c.write("requirements.txt", "# generated\n")
	c.env = []string{
		"PATH=" + dir + "/bin:" + os.Getenv("PATH"), "HOME=/nowhere", "REAL_PYTHON=" + python, "DIR=" + dir,
		"ODPM_CONFIG_PATH=" + dir + "/config.json", "DEVPM_REQUIREMENTS=" + dir + "/requirements.txt", "DEVPM_DATABASE_WAIT=5",
	}
	return c
}

func (c *container) write(name, text string) {
	c.t.Helper()
	path := filepath.Join(c.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		c.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		c.t.Fatal(err)
	}
}

func (c *container) remove(name string) {
	c.t.Helper()
	if err := os.Remove(filepath.Join(c.dir, name)); err != nil {
		c.t.Fatal(err)
	}
}

// start runs the entrypoint and returns what it said, what the programs were
// called with, and whether it ended well.
func (c *container) start(command ...string) (output, calls string, ok bool) {
	c.t.Helper()
	_ = os.Remove(filepath.Join(c.dir, "calls"))
	shell := "/bin/sh"
	if dash, err := exec.LookPath("dash"); err == nil {
		shell = dash
	}
	cmd := exec.Command(shell, append([]string{filepath.Join(c.dir, "entrypoint.sh")}, command...)...)
	cmd.Env = c.env
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	data, _ := os.ReadFile(filepath.Join(c.dir, "calls"))
	return out.String(), string(data), err == nil
}

// up is start that has to end well.
func (c *container) up(command ...string) (output, calls string) {
	c.t.Helper()
	output, calls, ok := c.start(command...)
	if !ok {
		c.t.Fatalf("the entrypoint failed:\n%s", output)
	}
	return output, calls
}

func TestEntrypoint(t *testing.T) {
	t.Run("a first start makes the environment, waits, makes the role and becomes the command", func(t *testing.T) {
		c := newContainer(t)
		c.write("odoo/requirements.txt", "psycopg2\n")
		c.write("not-ready", "2\n")
		output, calls := c.up("printenv", "VIRTUAL_ENV")
		venv := filepath.Join(c.home, ".venv")
		for _, want := range []string{"making the virtual environment", "installing requirements", "waiting for the database at db:5432", venv + "\n"} {
			if !strings.Contains(output, want) {
				t.Errorf("the output lacks %q:\n%s", want, output)
			}
		}
		for _, want := range []string{"-m venv " + venv, "-m pip install --disable-pip-version-check --no-input -r " + c.dir + "/odoo/requirements.txt\n", "psql as postgres with adm$in"} {
			if !strings.Contains(calls, want) {
				t.Errorf("the calls lack %q:\n%s", want, calls)
			}
		}
		if strings.Count(calls, "pg_isready") != 3 || strings.Count(output, "waiting") != 1 {
			t.Errorf("it did not wait as it should:\n%s%s", calls, output)
		}
		if output, calls := c.up("echo", "a b", "$HOME"); output != "a b $HOME\n" || strings.Contains(calls, "-m") || strings.Contains(calls, "psql") {
			t.Errorf("a second start does too much:\n%s%s", output, calls)
		}
	})
	t.Run("--prepare makes the environment and nothing else, as an image is built", func(t *testing.T) {
		c := newContainer(t)
		c.write("odoo/requirements.txt", "psycopg2\n")
		_, calls := c.up("--prepare")
		if !strings.Contains(calls, "-m venv") || !strings.Contains(calls, "-m pip install") || strings.Contains(calls, "pg_isready") || strings.Contains(calls, "psql") {
			t.Errorf("%s", calls)
		}
		// The container that starts from it finds all of it done.
		if output, calls := c.up("echo", "started"); output != "started\n" || strings.Contains(calls, "-m") {
			t.Errorf("a start does it again:\n%s%s", output, calls)
		}
		c = newContainer(t)
		c.write("odoo/requirements.txt", "psycopg2\n")
		c.write("fail-pip", "")
		if output, _, ok := c.start("--prepare"); ok || !strings.Contains(output, "could not be installed") {
			t.Errorf("a failing pip: %s", output)
		}
	})
	t.Run("requirements are installed again when they change, and until it worked", func(t *testing.T) {
		c := newContainer(t)
		c.up("true")
		c.write("requirements.txt", "requests\n")
		c.write("fail-pip", "")
		if output, _, ok := c.start("true"); ok || !strings.Contains(output, "could not be installed") {
			t.Errorf("a failing pip: %s", output)
		}
		c.remove("fail-pip")
		if _, calls := c.up("true"); !strings.Contains(calls, "-r "+c.dir+"/requirements.txt") {
			t.Errorf("not installed: %s", calls)
		}
		if _, calls := c.up("true"); strings.Contains(calls, "pip") {
			t.Errorf("installed again: %s", calls)
		}
	})
	t.Run("vendored packages are taken where they are for these requirements, and no index is asked", func(t *testing.T) {
		c := newContainer(t)
		c.write("odoo/requirements.txt", "psycopg2\n")
		wheels := filepath.Join(c.home, ".cache", wheelsFolder)
		given := func(key string) { c.write("home it's/.cache/"+wheelsFolder+"/"+WheelsFor, key+"\n") }
		given(RequirementsKey([]byte("psycopg2\n"), []byte("# generated\n")))
		const install = "-m pip install --disable-pip-version-check --no-input "
		if _, calls := c.up("true"); !strings.Contains(calls, install+"--no-index --find-links "+wheels+" -r "+c.dir+"/odoo/requirements.txt\n") || strings.Count(calls, "pip install") != 1 {
			t.Errorf("not taken: %s", calls)
		}
		c.write("requirements.txt", "requests\n") // now they are for others
		if _, calls := c.up("true"); strings.Contains(calls, "--no-index") || !strings.Contains(calls, install+"-r ") {
			t.Errorf("taken for other requirements: %s", calls)
		}
		c.write("requirements.txt", "requests2\n") // and here they do not suffice
		given(RequirementsKey([]byte("psycopg2\n"), []byte("requests2\n")))
		c.write("fail-vendored", "")
		if _, calls := c.up("true"); !strings.Contains(calls, "--no-index") || !strings.Contains(calls, install+"-r ") {
			t.Errorf("the index is not asked: %s", calls)
		}
	})
	t.Run("an environment that was cut off is made again", func(t *testing.T) {
		c := newContainer(t)
		c.write("die-venv", "")
		if _, _, ok := c.start("true"); ok {
			t.Fatal("it was to be killed")
		}
		c.remove("die-venv")
		if _, calls := c.up("true"); !strings.Contains(calls, "-m venv") {
			t.Errorf("not made again: %s", calls)
		}
	})
	t.Run("another Python makes it again", func(t *testing.T) {
		c := newContainer(t)
		c.up("true")
		c.write("version", "3.12.1 /usr/local\n")
		if _, calls := c.up("true"); !strings.Contains(calls, "-m venv") {
			t.Errorf("not made again: %s", calls)
		}
	})
	t.Run("somebody else's environment is used when it works and kept when not", func(t *testing.T) {
		c := newContainer(t)
		c.write("home it's/.venv/bin/mine", "")
		output, _, ok := c.start("true")
		if ok || !strings.Contains(output, "was not made by devpm") {
			t.Errorf("a broken one: %s", output)
		}
		if _, err := os.Stat(filepath.Join(c.home, ".venv/bin/mine")); err != nil {
			t.Error("the user's file is gone")
		}
		c.write("home it's/.venv/bin/python3", fakePython)
		if err := os.Chmod(filepath.Join(c.home, ".venv/bin/python3"), 0o755); err != nil {
			t.Fatal(err)
		}
		c.write("home it's/.venv/bin/made-by", "3.11.2 /usr")
		if output, calls := c.up("true"); strings.Contains(calls, "-m venv") {
			t.Errorf("a working one: %s", output)
		}
	})
	t.Run("in developer the platform runs under a debugger", func(t *testing.T) {
		c := newContainer(t)
		platform := filepath.Join(c.dir, "odoo", "odoo-bin")
		c.write("odoo/odoo-bin", "#!/bin/sh\necho plain $*\n")
		if err := os.Chmod(platform, 0o755); err != nil {
			t.Fatal(err)
		}
		if output, calls := c.up(platform, "-c", "x"); !strings.HasSuffix(output, "plain -c x\n") || strings.Contains(calls, "debugpy") {
			t.Errorf("in no scenario: %s%s", output, calls)
		}
		config, err := os.ReadFile(filepath.Join(c.dir, "config.json"))
		if err != nil {
			t.Fatal(err)
		}
		c.write("config.json", strings.Replace(string(config), "{", `{"scenario": "developer", `, 1))
		if output, calls := c.up("echo", "shell"); !strings.HasSuffix(output, "shell\n") || strings.Contains(calls, "debugpy") {
			t.Errorf("another command: %s%s", output, calls)
		}
		c.write("fail-pip", "")
		if output, _ := c.up(platform, "-c", "x"); !strings.Contains(output, "no debugger can attach") || !strings.HasSuffix(output, "plain -c x\n") {
			t.Errorf("without debugpy: %s", output)
		}
		c.remove("fail-pip")
		want := "-Xfrozen_modules=off -m debugpy --listen 0.0.0.0:5678 " + platform + " -c x\n"
		if output, calls := c.up(platform, "-c", "x"); !strings.HasSuffix(output, want) || !strings.Contains(calls, "install") {
			t.Errorf("with debugpy: %s%s", output, calls)
		}
		if output, calls := c.up(platform, "-c", "x"); !strings.HasSuffix(output, want) || strings.Contains(calls, "install") {
			t.Errorf("installed again: %s%s", output, calls)
		}
		c.env = append(c.env, "DEVPM_DEBUGGER=off")
		if output, _ := c.up(platform, "-c", "x"); !strings.HasSuffix(output, "plain -c x\n") {
			t.Errorf("switched off: %s", output)
		}
	})
	t.Run("what goes wrong is said", func(t *testing.T) {
		for name, tt := range map[string]struct {
			arrange func(c *container)
			command []string
			says    string
		}{
			"no answer":          {func(c *container) { c.write("not-ready", "999999"); c.env = append(c.env, "DEVPM_DATABASE_WAIT=0") }, []string{"true"}, "the database at db:5432 did not answer within 0 seconds"},
			"no role":            {func(c *container) { c.write("fail-psql", "") }, []string{"true"}, "odoo cannot log in to the database, and postgres could not change that"},
			"no configuration":   {func(c *container) { c.remove("config.json") }, []string{"true"}, "config.json cannot be read"},
			"no environment":     {func(c *container) { c.write("fail-venv", "") }, []string{"true"}, "the virtual environment could not be made"},
			"no command":         {func(*container) {}, nil, "no command was given"},
			"no database client": {func(c *container) { c.remove("bin/pg_isready"); c.env[0] = "PATH=" + c.dir + "/bin:" + c.tools() }, []string{"true"}, "pg_isready is not in the image"},
		} {
			c := newContainer(t)
			tt.arrange(c)
			if output, _, ok := c.start(tt.command...); ok || !strings.Contains(output, tt.says) {
				t.Errorf("%s: %s", name, output)
			}
		}
	})
	t.Run("a file of the container's command keeps its exit status", func(t *testing.T) {
		c := newContainer(t)
		cmd := exec.Command("/bin/sh", filepath.Join(c.dir, "entrypoint.sh"), "sh", "-c", "exit 42")
		cmd.Env = c.env
		if err := cmd.Run(); cmd.ProcessState.ExitCode() != 42 {
			t.Errorf("%v", err)
		}
	})
}

// tools is a directory with every program of this machine but PostgreSQL's.
func (c *container) tools() string {
	c.t.Helper()
	dir := filepath.Join(c.dir, "tools")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		c.t.Fatal(err)
	}
	for _, from := range filepath.SplitList(os.Getenv("PATH")) {
		entries, _ := os.ReadDir(from)
		for _, e := range entries {
			if e.Name() != "pg_isready" {
				_ = os.Symlink(filepath.Join(from, e.Name()), filepath.Join(dir, e.Name())) // the first of a name wins
			}
		}
	}
	return dir
}
