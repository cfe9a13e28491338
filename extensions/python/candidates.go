package python

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/internal/execx"
)

// newest bounds the names python3.N that are looked for in PATH.
const newest = 20

// Candidates are the interpreters of this machine in the order in which a package
// may choose one (specification of extension systems, §4.3): DEVPM_PYTHON,
// $VIRTUAL_ENV, then python3, python and python3.N in PATH, newest first. It
// starts nothing; names that lead nowhere are passed over, but the one of
// DEVPM_PYTHON, which somebody meant: that is the diagnostic.
func Candidates(lookup func(string) (string, bool), dir string) ([]Interpreter, *diag.Diagnostic) {
	var out []Interpreter
	path, _ := lookup("PATH")
	add := func(name, from string) error {
		found, err := execx.LookPath(name, path, dir)
		if err != nil {
			return err
		}
		if abs, err := filepath.Abs(found); err == nil {
			found = abs
		}
		if !slices.ContainsFunc(out, func(i Interpreter) bool {
			return target(i.Path) == target(found) && i.From == FromPath && from == FromPath
		}) {
			i := Interpreter{Path: found, From: from, Script: isScript(found)}
			if !i.Script {
				i.Version = versionOf(found)
			}
			out = append(out, i)
		}
		return nil
	}
	if name, _ := lookup(FromVariable); name != "" {
		if err := add(name, FromVariable); err != nil {
			return nil, &diag.Diagnostic{Code: diag.PythonMissing, Message: FromVariable + ": " + err.Error(), Fix: installFix}
		}
	}
	if home, _ := lookup(FromEnvironment); home != "" {
		name := filepath.Join(home, "bin", "python")
		if runtime.GOOS == "windows" {
			name = filepath.Join(home, "Scripts", "python.exe")
		}
		_ = add(name, FromEnvironment)
	}
	names := []string{"python3", "python"}
	for minor := newest; minor >= 8; minor-- {
		names = append(names, fmt.Sprintf("python3.%d", minor))
	}
	for _, name := range names {
		_ = add(name, FromPath)
	}
	return out, nil
}

// Answer is what an interpreter says of itself.
type Answer struct {
	Interpreter           // Version has three numbers: "3.11.2"
	Implementation string // "cpython"
	Libc           string // Linux: "glibc 2.36", "musl"
	Flags          string // of its binary interface: "t" without the global lock, "d" for debugging
	Arch           string // of the interpreter itself, as Go names it; "" where it does not say
}

// question runs with every Python since 2.6.
const question = `import os, sys
try:
    libc = os.confstr("CS_GNU_LIBC_VERSION") or ""
except (AttributeError, ValueError, OSError):
    libc = "musl" if sys.platform.startswith("linux") else ""
name = getattr(getattr(sys, "implementation", None), "name", "cpython")
machine = os.uname()[4] if hasattr(os, "uname") else ""
bits = "64" if sys.maxsize > 1 << 32 else "32"
print("\n".join([sys.executable, ".".join(map(str, sys.version_info[:3])), name, libc, getattr(sys, "abiflags", ""), machine, bits, "."]))
`

// architectures are the processors that an interpreter names, as Go does, for 64
// and for 32 bits: a kernel of 64 bits runs an interpreter of 32 as well.
var architectures = map[string][2]string{
	"x86_64": {"amd64", "386"}, "aarch64": {"arm64", "arm"}, "arm64": {"arm64", "arm"}, "i686": {"", "386"}, "armv7l": {"", "arm"},
	"ppc64le": {"ppc64le", ""}, "s390x": {"s390x", ""}, "riscv64": {"riscv64", ""}, "loongarch64": {"loong64", ""},
}

// Ask starts an interpreter in dir to hear which it is. env is its whole
// environment.
func (i Interpreter) Ask(ctx context.Context, r execx.Runner, dir string, env []string) (Answer, *diag.Diagnostic) {
	said, message := i.run(ctx, r, dir, env, question)
	lines := strings.Split(said, "\n")
	if message == "" && (len(lines) < 3 || !filepath.IsAbs(lines[0])) {
		message = fmt.Sprintf("%s does not say which Python it is: it printed %q", i.Path, said)
	}
	if message != "" {
		return Answer{Interpreter: i}, &diag.Diagnostic{Code: diag.PythonMissing, Message: message, Fix: installFix}
	}
	out := Answer{Interpreter: i, Implementation: lines[2]}
	if i.Script {
		out.Path, out.Script = lines[0], false
	}
	out.Version = lines[1]
	if len(lines) > 3 {
		out.Libc = lines[3]
	}
	if len(lines) > 6 {
		both := architectures[lines[5]]
		out.Flags, out.Arch = lines[4], both[0]
		if lines[6] == "32" {
			out.Arch = both[1]
		}
	}
	return out, out.TooOld()
}

// run runs a program of one argument and returns what it printed, or why there
// is nothing.
func (i Interpreter) run(ctx context.Context, r execx.Runner, dir string, env []string, program string) (said, message string) {
	var out bytes.Buffer
	res, err := r.Run(ctx, execx.Command{
		Argv: []string{i.Path, "-B", "-c", program}, Env: env, Dir: dir,
		Stdout: &out, Timeout: 10 * time.Second, Grace: time.Second, Tail: 3,
	})
	switch {
	case err != nil:
		message = err.Error()
	case res.TimedOut:
		message = i.Path + " did not say within 10 seconds which Python it is"
	case res.ExitCode != 0:
		message = fmt.Sprintf("%s ended with status %d: %s", i.Path, res.ExitCode, strings.Join(res.Tail, " "))
	}
	return strings.TrimSpace(out.String()), message
}
