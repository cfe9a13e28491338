package cli

import (
	"context"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/extensions/host"
	"github.com/devpm/devpm/extensions/pack"
	"github.com/devpm/devpm/extensions/python"
	"github.com/devpm/devpm/extensions/sandbox"
)

// launched is a package that is ready to be started.
type launched struct {
	deployed *pack.Deployed
	program  host.Program
	python   string // the interpreter and its version; "" for other runtimes
}

// launchable makes ready to start what is deployed, in the directory dir.
// network says that the program may use the network.
func (a *App) launchable(ctx context.Context, d *pack.Deployed, dir string, network bool) (*launched, error) {
	if d.Metadata.Runtime == pack.Declarative {
		return nil, fault(diag.TaskNone, "", fmt.Sprintf("the extension %s is declarative: it has no program, and so no command", d.Name),
			"`devpm ext inspect "+d.Name+"` shows what it contributes")
	}
	l := &launched{deployed: d}
	var chosen python.Answer
	var missing *diag.Diagnostic
	if d.Metadata.Runtime != pack.Exec {
		if chosen, missing = a.choosePython(ctx, d.Metadata); missing != nil {
			return nil, diag.List{*missing}.Err()
		}
		l.python = fmt.Sprintf("%s (%s)", chosen.Path, chosen.Version)
	}
	if l.program, missing = packageProgram(d, chosen, dir, host.Environment(a.Environ, network)); missing != nil {
		return nil, diag.List{*missing}.Err()
	}
	l.program.Profile.Network = network
	return l, nil
}

// packageProgram is what is started of a package in the directory dir. i counts
// for packages in Python: what is not known of it decides nothing.
func packageProgram(d *pack.Deployed, i python.Answer, dir string, env []string) (host.Program, *diag.Diagnostic) {
	m := d.Metadata
	if m.Runtime == pack.Exec {
		file, missing := d.Program(runtime.GOOS + "/" + runtime.GOARCH)
		return host.Program{Name: m.Name, Argv: []string{file}, Dir: dir, Env: env}, missing
	}
	paths, missing := d.PythonPath(packed(i))
	if missing != nil {
		return host.Program{}, missing
	}
	program := python.PackageProgram(i.Interpreter, python.Package{
		Name: m.Name, Version: d.Version, Root: paths[0], Extra: paths[1:], Entry: m.EntryModule(),
	}, dir, env)
	program.Profile.AddressSpace = python.AddressSpace
	return program, nil
}

// confine gives a program what it may do while it executes: it writes below the
// directories that are named, and it starts programs.
func (l *launched) confine(write ...string) {
	p := &l.program.Profile
	p.Spawn = true
	for _, dir := range write {
		for _, path := range []string{dir, followLinks(dir)} {
			if !slices.Contains(p.Write, path) {
				p.Write = append(p.Write, path)
			}
		}
	}
}

// plan gives a program what it may do while devpm only asks it: nothing.
func (l *launched) plan() {
	l.program.Profile = sandbox.Profile{AddressSpace: l.program.Profile.AddressSpace}
}

// packed is an interpreter as packages judge it.
func packed(i python.Answer) pack.Interpreter {
	return pack.Interpreter{
		Path: i.Path, Version: i.Version, Implementation: i.Implementation, OS: runtime.GOOS, Arch: runtime.GOARCH, Libc: i.Libc,
	}
}

// choosePython asks the interpreters of this machine, one after the other, for
// the first that a package allows. Those that extensions do not run with are
// told apart from those that the package does not allow.
func (a *App) choosePython(ctx context.Context, m *pack.Metadata) (python.Answer, *diag.Diagnostic) {
	candidates, missing := python.Candidates(a.Lookup, a.Dir)
	if missing != nil {
		return python.Answer{}, missing
	}
	var tried []pack.Interpreter
	var unfit []string
	for _, c := range candidates {
		env := host.Environment(a.Environ, false)
		if c.Script {
			env = a.Environ // the user's own tool, such as pyenv's
		}
		answer, bad := c.Ask(ctx, a.runner(), a.Dir, env)
		if ctx.Err() != nil {
			return python.Answer{}, &diag.Diagnostic{Code: diag.PythonMissing, Message: "interrupted while looking for a Python"}
		}
		if bad != nil {
			unfit = append(unfit, bad.Message)
			continue
		}
		if m.RequiresPython.Allows(answer.Version) {
			return answer, nil
		}
		if !slices.ContainsFunc(tried, func(t pack.Interpreter) bool { return t.Path == answer.Path }) {
			tried = append(tried, packed(answer))
		}
	}
	_, refused := m.ChoosePython(tried)
	if refused != nil && len(unfit) > 0 {
		refused.Message += "; " + strings.Join(unfit, "; ")
	}
	return python.Answer{}, refused
}

// unpacked deploys a package that no store holds, below a directory of its own.
func (a *App) unpacked(ctx context.Context, archive *pack.Archive, scratch, source string) (*pack.Deployed, error) {
	s := &pack.Store{Dir: filepath.Join(scratch, "store")}
	installed, _, err := s.Install(ctx, archive, pack.Note{Source: source, At: a.Now()})
	if err != nil {
		return nil, err
	}
	return s.Deploy(ctx, installed)
}
