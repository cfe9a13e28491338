package cli

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"

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
	program, using, missing := a.packageProgram(ctx, d, a.Dir, dir, network)
	if missing != nil {
		return nil, diag.List{*missing}.Err()
	}
	program.Profile.Network = network
	return &launched{deployed: d, program: program, python: using}, nil
}

// packageProgram is what is started of a package in the directory dir, and using
// which Python; one is looked for from the directory look.
func (a *App) packageProgram(ctx context.Context, d *pack.Deployed, look, dir string, network bool) (program host.Program, using string, fault *diag.Diagnostic) {
	m, env := d.Metadata, host.Environment(a.Environ, network)
	if m.Runtime == pack.Exec {
		file, missing := d.Program(runtime.GOOS + "/" + runtime.GOARCH)
		return host.Program{Name: m.Name, Argv: []string{file}, Dir: dir, Env: env}, "", missing
	}
	chosen, missing := a.choosePython(ctx, d, look)
	if missing != nil {
		return program, "", missing
	}
	paths, missing := d.PythonPath(packed(chosen))
	if missing != nil {
		return program, "", missing
	}
	program = python.PackageProgram(chosen.Interpreter, python.Package{
		Name: m.Name, Version: d.Version, Root: paths[0], Extra: paths[1:], Entry: m.EntryModule(),
	}, dir, env)
	program.Profile.AddressSpace = python.AddressSpace
	return program, fmt.Sprintf("%s (%s)", chosen.Path, chosen.Version), nil
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
		Path: i.Path, Version: i.Version, Implementation: i.Implementation, Flags: i.Flags,
		OS: runtime.GOOS, Arch: cmp.Or(i.Arch, runtime.GOARCH), Libc: i.Libc,
	}
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
