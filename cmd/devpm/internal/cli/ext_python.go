package cli

import (
	"context"
	"slices"
	"strings"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/extensions/host"
	"github.com/devpm/devpm/extensions/pack"
	"github.com/devpm/devpm/extensions/python"
	"github.com/devpm/devpm/extensions/sandbox"
	"github.com/devpm/devpm/internal/execx"
)

// choosePython finds the first interpreter of this machine that a package allows
// (specification of extension systems, §4.3), for plans as for commands. One is
// asked for its version, and for what decides which wheel fits, only where its
// name does not tell enough. Those that extensions do not run with are told apart
// from those that the package does not allow.
func (a *App) choosePython(ctx context.Context, d *pack.Deployed, dir string) (python.Answer, *diag.Diagnostic) {
	candidates, missing := python.Candidates(a.Lookup, dir)
	if missing != nil {
		return python.Answer{}, missing
	}
	var tried []pack.Interpreter
	var unfit []string
	for _, c := range candidates {
		answer, bad := a.askPython(ctx, c, d, dir)
		if ctx.Err() != nil {
			return python.Answer{}, &diag.Diagnostic{Code: diag.PythonMissing, Message: "interrupted while looking for a Python"}
		}
		if bad != nil {
			unfit = append(unfit, bad.Message)
			continue
		}
		allowed, decided := d.Metadata.RequiresPython.AllowsSeries(answer.Version)
		if allowed || !decided && d.Metadata.RequiresPython.Allows(answer.Version) {
			return answer, nil
		}
		if !slices.ContainsFunc(tried, func(t pack.Interpreter) bool { return t.Path == answer.Path }) {
			tried = append(tried, packed(answer))
		}
	}
	_, refused := d.Metadata.ChoosePython(tried)
	if refused != nil && len(unfit) > 0 {
		refused.Message += "; " + strings.Join(unfit, "; ")
	}
	return python.Answer{}, refused
}

// askPython is what an interpreter says of itself, or what its name says where
// that decides for the package. Each is started once in a run at most.
func (a *App) askPython(ctx context.Context, c python.Interpreter, d *pack.Deployed, dir string) (python.Answer, *diag.Diagnostic) {
	if _, decided := d.Metadata.RequiresPython.AllowsSeries(c.Version); decided && !c.Script && !d.HasWheels() {
		return python.Answer{Interpreter: c}, c.TooOld()
	}
	e := &a.programs
	e.mu.Lock()
	defer e.mu.Unlock()
	key := dir + "\x00" + c.Path
	if known, ok := e.answers[key]; ok {
		return known.Answer, known.fault
	}
	// A script is the user's own tool, such as pyenv's, and starts others.
	runner, env := a.runner(), a.Environ
	if !c.Script {
		env = host.Environment(a.Environ, false)
		if a.Self != "" {
			runner = confined{self: a.Self, Runner: runner}
		}
	}
	var said pythonAnswer
	said.Answer, said.fault = c.Ask(ctx, runner, dir, env)
	if e.answers == nil {
		e.answers = map[string]pythonAnswer{}
	}
	if ctx.Err() == nil {
		e.answers[key] = said
	}
	return said.Answer, said.fault
}

// pythonAnswer is what an interpreter said, or why it said nothing.
type pythonAnswer struct {
	python.Answer
	fault *diag.Diagnostic
}

// confined runs programs that may read and nothing else: an interpreter runs what
// is installed for it before it answers.
type confined struct {
	execx.Runner
	self string
}

// Run implements execx.Runner.
func (c confined) Run(ctx context.Context, command execx.Command) (execx.Result, error) {
	command.Argv = sandbox.Command(c.self, sandbox.Profile{AddressSpace: python.AddressSpace}, command.Argv)
	return c.Runner.Run(ctx, command)
}
