package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/extensions/host"
	"github.com/devpm/devpm/extensions/pack"
	"github.com/devpm/devpm/extensions/python"
	"github.com/devpm/devpm/internal/execx"
)

// pythonNames are looked for in PATH behind the interpreter that python.Find
// finds, newest first.
var pythonNames = []string{"python3.14", "python3.13", "python3.12", "python3.11", "python3.10", "python3.9", "python3.8"}

// choosePython is the first interpreter that a package allows: the one that the
// user named, and no other then; else python3, else python3.X in PATH. Each is
// started once to say what it is, until one fits.
func (a *App) choosePython(ctx context.Context, m *pack.Metadata) (python.Interpreter, pack.Interpreter, *diag.Diagnostic) {
	var candidates []python.Interpreter
	first, fault := python.Find(a.Lookup, a.Dir)
	if fault == nil {
		candidates = append(candidates, first)
	}
	if !first.Named() {
		path, _ := a.Lookup("PATH")
		for _, name := range pythonNames {
			if found, err := execx.LookPath(name, path, a.Dir); err == nil {
				candidates = append(candidates, python.Interpreter{Path: found, From: python.FromPath})
			}
		}
	}
	var tried []pack.Interpreter
	for _, c := range candidates {
		facts, ok := a.pythonFacts(ctx, c.Path)
		if !ok || slices.ContainsFunc(tried, func(t pack.Interpreter) bool { return t.Path == facts.Path }) {
			continue
		}
		tried = append(tried, facts)
		if m.RequiresPython.Allows(facts.Version) {
			c.Path, c.Script, c.Version = facts.Path, false, facts.Version
			return c, facts, nil
		}
	}
	if len(tried) == 0 && fault != nil {
		return python.Interpreter{}, pack.Interpreter{}, fault
	}
	_, none := m.ChoosePython(tried)
	return python.Interpreter{}, pack.Interpreter{}, none
}

// factsOf is what an interpreter is asked; it needs its standard library only.
const factsOf = `import json, platform, sys
print(json.dumps([sys.executable, platform.python_version(), platform.python_implementation().lower(), " ".join(platform.libc_ver()).strip()]))`

func (a *App) pythonFacts(ctx context.Context, path string) (pack.Interpreter, bool) {
	var out bytes.Buffer
	res, err := a.runner().Run(ctx, execx.Command{
		Argv: []string{path, "-B", "-c", factsOf}, Env: host.Environment(a.Environ, false), Dir: a.Dir,
		Stdout: &out, Timeout: 10 * time.Second, Grace: time.Second, Tail: 3,
	})
	var said [4]string
	if err != nil || res.ExitCode != 0 || json.Unmarshal(out.Bytes(), &said) != nil {
		return pack.Interpreter{}, false
	}
	return pack.Interpreter{Path: said[0], Version: said[1], Implementation: said[2], OS: runtime.GOOS, Arch: runtime.GOARCH, Libc: said[3]}, true
}

// packageProgram is the program of a package that is ready to run, and the
// platform's own part of it.
func (a *App) packageProgram(ctx context.Context, d *pack.Deployed, dir string) (host.Program, *diag.Diagnostic) {
	m := d.Metadata
	env := host.Environment(a.Environ, taskNetwork(m))
	if m.Runtime == pack.Exec {
		program, fault := d.Program(runtime.GOOS + "/" + runtime.GOARCH)
		if fault != nil {
			return host.Program{}, fault
		}
		return host.Program{Name: m.Name, Argv: []string{program}, Dir: dir, Env: env}, nil
	}
	interpreter, facts, fault := a.choosePython(ctx, m)
	if fault != nil {
		return host.Program{}, fault
	}
	paths, fault := d.PythonPath(facts)
	if fault != nil {
		return host.Program{}, fault
	}
	return python.PackageProgram(interpreter, python.Package{
		Name: m.Name, Version: m.Version, Root: paths[0], Extra: paths[1:], Entry: m.EntryModule(),
	}, dir, env), nil
}

// taskNetwork reports whether a command may open sockets: as the package says,
// and always for one of Stonebranch, which has no way to say it.
func taskNetwork(m *pack.Metadata) bool { return m.Network || m.Command() }

// fieldValues reads --field k=v and --fields FILE; a value that is JSON is taken
// as such, other text as a string.
func fieldValues(file []byte, fields []string) (map[string]json.RawMessage, error) {
	out := map[string]json.RawMessage{}
	if file != nil {
		if err := json.Unmarshal(file, &out); err != nil || out == nil {
			return nil, fmt.Errorf("the file of --fields holds no JSON object")
		}
	}
	for _, f := range fields {
		key, value, ok := strings.Cut(f, "=")
		if !ok || key == "" {
			return nil, fmt.Errorf("--field %q is not NAME=VALUE", f)
		}
		raw := json.RawMessage(value)
		if !json.Valid(raw) {
			text, err := json.Marshal(value)
			if err != nil {
				return nil, err
			}
			raw = text
		}
		out[key] = raw
	}
	return out, nil
}
