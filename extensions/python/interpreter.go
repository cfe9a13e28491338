package python

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/internal/execx"
)

// Oldest is the oldest Python that extensions run with.
const Oldest = "3.8"

// Where an interpreter was named.
const (
	FromVariable    = "DEVPM_PYTHON"
	FromEnvironment = "VIRTUAL_ENV"
	FromPath        = "PATH"
)

// Interpreter is the Python that extensions run with.
type Interpreter struct {
	// Path is absolute. Links stay: a virtual environment is known by the place
	// of its link.
	Path string
	// From says what named it: DEVPM_PYTHON, VIRTUAL_ENV or PATH.
	From string
	// Version is "3.11", or "" where no name and no file tells it. The shim
	// judges once more when it starts.
	Version string
	// Script reports that Path is a script in the place of an interpreter, as
	// pyenv has them. Resolve turns it into the interpreter.
	Script bool
}

// Named reports whether the user chose this interpreter for the project, so that
// what is installed for it counts (design §7 Extensions).
func (i Interpreter) Named() bool { return i.From == FromVariable || i.From == FromEnvironment }

// String is the path and what it is a name of: "/usr/bin/python3, which is
// python3.11".
func (i Interpreter) String() string {
	if name := filepath.Base(target(i.Path)); i.From == FromPath && name != filepath.Base(i.Path) {
		return i.Path + ", which is " + name
	}
	return i.Path
}

const installFix = "install Python " + Oldest + " or later, or name one with DEVPM_PYTHON; only extensions written in Python need it"

// Find looks for the interpreter: DEVPM_PYTHON, then $VIRTUAL_ENV, then python3
// in PATH. A name without a separator is searched in PATH; a relative path is
// one below dir. It starts nothing and writes nothing. The diagnostic is
// PythonMissing or PythonTooOld.
func Find(lookup func(string) (string, bool), dir string) (Interpreter, *diag.Diagnostic) {
	name, from := "python3", FromPath
	if v, _ := lookup(FromVariable); v != "" {
		name, from = v, FromVariable
	} else if v, _ := lookup(FromEnvironment); v != "" {
		name, from = filepath.Join(v, "bin", "python"), FromEnvironment
		if runtime.GOOS == "windows" {
			name = filepath.Join(v, "Scripts", "python.exe")
		}
	}
	path, _ := lookup("PATH")
	found, err := execx.LookPath(name, path, dir)
	if err != nil {
		message := err.Error()
		if from != FromPath {
			message = from + ": " + message
		}
		return Interpreter{From: from}, &diag.Diagnostic{Code: diag.PythonMissing, Message: message, Fix: installFix}
	}
	if abs, err := filepath.Abs(found); err == nil {
		found = abs
	}
	i := Interpreter{Path: found, From: from, Script: isScript(found)}
	if !i.Script {
		i.Version = versionOf(found)
	}
	return i, i.TooOld()
}

// Resolve asks a script which interpreter it stands for; any other interpreter
// comes back as it is. The script is the user's own tool, so it gets the user's
// environment, and dir, the project's, where pyenv finds .python-version.
func (i Interpreter) Resolve(ctx context.Context, r execx.Runner, dir string, env []string) (Interpreter, *diag.Diagnostic) {
	if !i.Script {
		return i, nil
	}
	said, message := i.run(ctx, r, dir, env, "import sys; print(sys.executable)")
	switch {
	case message != "":
	case !filepath.IsAbs(said):
		message = fmt.Sprintf("%s does not say which Python it is: it printed %q", i.Path, said)
	case isScript(said):
		message = fmt.Sprintf("%s stands for %s, which is a script as well", i.Path, said)
	}
	if message != "" {
		return i, &diag.Diagnostic{Code: diag.PythonMissing, Message: message, Fix: installFix}
	}
	i.Path, i.Script, i.Version = said, false, versionOf(said)
	return i, i.TooOld()
}

// TooOld is the diagnostic for a version that is known to be older than Oldest; nil
// otherwise.
func (i Interpreter) TooOld() *diag.Diagnostic {
	if i.Version == "" || compareVersions(i.Version, Oldest) >= 0 {
		return nil
	}
	return &diag.Diagnostic{
		Code:    diag.PythonTooOld,
		Message: fmt.Sprintf("%s (from %s) is Python %s; extensions need %s or later", i.Path, i.From, i.Version, Oldest),
		Fix:     "name a newer one with DEVPM_PYTHON; only extensions written in Python need it",
	}
}

// isScript reports whether a file starts with "#!". A file that cannot be read
// counts as a program.
func isScript(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	head := make([]byte, 2)
	_, err = io.ReadFull(f, head)
	return err == nil && string(head) == "#!"
}

var versionName = regexp.MustCompile(`^python(\d+\.\d+)(?:\.exe)?$`)

// versionOf tells the version from pyvenv.cfg or from the name of the file that
// the path leads to; "" when neither does.
func versionOf(path string) string {
	if c, ok := readEnvironment(path); ok && c.version != "" {
		return c.version
	}
	if m := versionName.FindStringSubmatch(filepath.Base(target(path))); m != nil {
		return m[1]
	}
	return ""
}

// environment is what pyvenv.cfg says of a virtual environment.
type environment struct {
	prefix  string // its directory
	home    string // directory of the interpreter that it was made from
	version string // "3.11"
	system  bool   // packages of that interpreter count too
}

// readEnvironment reads the pyvenv.cfg that belongs to an interpreter.
func readEnvironment(path string) (environment, bool) {
	for _, dir := range []string{filepath.Dir(filepath.Dir(path)), filepath.Dir(path)} {
		text, err := readSmall(filepath.Join(dir, "pyvenv.cfg"))
		if err != nil {
			continue
		}
		e := environment{prefix: dir}
		for line := range strings.Lines(string(text)) {
			key, value, ok := strings.Cut(line, "=")
			if !ok {
				continue
			}
			value = strings.TrimSpace(value)
			switch strings.ToLower(strings.TrimSpace(key)) {
			case "home":
				e.home = value
			case "version", "version_info": // venv, virtualenv
				if parts := strings.SplitN(value, ".", 3); len(parts) > 1 {
					e.version = parts[0] + "." + parts[1]
				}
			case "include-system-site-packages":
				e.system = strings.EqualFold(value, "true")
			}
		}
		return e, true
	}
	return environment{}, false
}

// target follows the links of a path; a path that cannot be followed stays.
func target(path string) string {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real
	}
	return path
}

// compareVersions compares "3.8" with "3.10" by numbers.
func compareVersions(a, b string) int {
	majorA, minorA := versionParts(a)
	majorB, minorB := versionParts(b)
	return cmp.Or(cmp.Compare(majorA, majorB), cmp.Compare(minorA, minorB))
}

func versionParts(v string) (major, minor int) {
	first, rest, _ := strings.Cut(v, ".")
	second, _, _ := strings.Cut(rest, ".")
	major, _ = strconv.Atoi(first)
	minor, _ = strconv.Atoi(second)
	return major, minor
}
