package extensions

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/extensions/host"
	"github.com/devpm/devpm/extensions/protocol"
	"github.com/devpm/devpm/manifest"
)

// answer is what one program said while planning.
type answer struct {
	session   *session
	fragments []Fragment
	stacks    []Stack
	found     diag.List
	seen      []text
}

// ask starts a program for planning and asks it for everything but the
// evaluation of steps, which depends on the rest of the plan.
func ask(ctx context.Context, p *Program, in Input) (a answer) {
	initialize := in.Initialize
	initialize.Mode = protocol.ModePlan
	running, err := p.Start(ctx, protocol.ModePlan, initialize)
	if err != nil {
		return answer{found: findings(p.info("", ""), err)}
	}
	s := &session{program: p, Session: running}
	a.session = s
	description, err := running.Describe(ctx)
	if err != nil {
		a.found = findings(p.info("", ""), err)
		return a
	}
	for _, n := range description.Notices {
		a.found = append(a.found, noticed(p.info(n.Extension, n.Source), n))
	}
	for _, r := range description.Registrations {
		s.entries = append(s.entries, &registered{Registration: r, owner: p.info(r.Extension, r.Source), session: s})
	}
	for _, i := range p.Extensions {
		i.complete(s)
	}
	for _, e := range s.entries {
		if a.full() {
			a.found = append(a.found, tooMuch(e.owner))
			break
		}
		fragment, stack := a.ask(ctx, e, in.Stack)
		if fragment != nil {
			a.fragments = append(a.fragments, *fragment)
		}
		if stack != nil {
			a.stacks = append(a.stacks, *stack)
		}
	}
	a.fragments = slices.DeleteFunc(a.fragments, func(f Fragment) bool { return f.Services == nil && f.Patches == nil })
	return a
}

// ask asks for what one registration adds to the document.
func (a *answer) ask(ctx context.Context, e *registered, stack string) (*Fragment, *Stack) {
	var c diag.Collector
	defer func() { a.found = append(a.found, c.List()...) }()
	read := func(method string, raw json.RawMessage, err error) *manifest.Node {
		if err != nil {
			c.Add(findings(e.owner, err)...)
			return nil
		}
		return a.read(place(e.owner.Name, method, e.Name), raw, &c)
	}
	switch e.Kind {
	case protocol.KindFragment:
		raw, err := e.session.Services(ctx, e.Name)
		return &Fragment{Extension: e.owner.Name, Services: read(protocol.MethodServices, raw, err)}, nil
	case protocol.KindPatch:
		raw, err := e.session.Patches(ctx, e.Name)
		return &Fragment{Extension: e.owner.Name, Patches: read(protocol.MethodPatches, raw, err)}, nil
	case protocol.KindStack:
		if e.Name != stack {
			return nil, nil
		}
		made, err := e.session.Stack(ctx, e.Name)
		if err != nil {
			c.Add(findings(e.owner, err)...)
			return nil, nil
		}
		raw, err := json.Marshal(made)
		root := read(protocol.MethodStack, raw, err)
		return nil, &Stack{
			Extension: e.owner.Name, Name: e.Name,
			Services: root.Get("services"), Volumes: root.Get("volumes"), Networks: root.Get("networks"), Configs: root.Get("configs"),
		}
	}
	return nil, nil
}

// info is the extension of a program that a registration belongs to, by the name
// or the source that it tells; the only one of a package without either.
func (p *Program) info(name, source string) *Info {
	for _, i := range p.Extensions {
		if i.Name == name || name == "" && source != "" && i.Source == source {
			return i
		}
	}
	if len(p.Extensions) == 1 {
		return p.Extensions[0]
	}
	return &Info{Name: cmp.Or(name, p.Name), Source: cmp.Or(source, p.Name)}
}

// complete adds what a running program tells of an extension: the version, and
// the capabilities that its registrations show. What a package declares stands.
func (i *Info) complete(s *session) {
	if i.Version == "" && len(s.program.Extensions) == 1 {
		i.Version = s.Version()
	}
	if len(i.Capabilities) > 0 {
		return
	}
	for _, capability := range protocol.Capabilities() {
		if slices.ContainsFunc(s.entries, func(e *registered) bool { return e.owner == i && e.Kind.Capability() == capability }) {
			i.Capabilities = append(i.Capabilities, capability)
		}
	}
}

// findings are what an error of a program says, with the extension's name.
func findings(i *Info, err error) diag.List {
	err = blame(i, err)
	if f, ok := errors.AsType[*host.Failure](err); ok {
		return f.Findings()
	}
	var judged interface{ Diagnostics() diag.List }
	if errors.As(err, &judged) && len(judged.Diagnostics()) > 0 {
		return judged.Diagnostics()
	}
	if failure, ok := errors.AsType[*diag.Failure](err); ok {
		return failure.List
	}
	return diag.List{{
		Code: diag.ExtensionUnusable, Range: i.Range, Message: fmt.Sprintf("the extension %s cannot be used: %v", i.Name, err),
		Fix: "run `devpm ext doctor`, or leave the extension out",
	}}
}

// blame names the extension that was asked in what its program is blamed for:
// plugins share one, which has a name that nobody knows.
func blame(i *Info, err error) error {
	f, ok := errors.AsType[*host.Failure](err)
	if !ok || f.Extension != f.Program || f.Extension == i.Name {
		return err
	}
	named := *f
	named.Extension, named.Others = i.Name, nil
	for n, d := range f.Diagnostics() {
		d.Message = strings.Replace(d.Message, "the extension "+f.Extension+" ", "the extension "+i.Name+" ", 1)
		if method, ok := strings.CutPrefix(d.Range.File, host.OutputName(f.Extension, "")); ok {
			d.Range.File = host.OutputName(i.Name, method)
		}
		if n == 0 {
			named.Diagnostic = d
		} else {
			named.Others = append(named.Others, d)
		}
	}
	return &named
}

// noticed is a notice of a program.
func noticed(i *Info, n protocol.Notice) diag.Diagnostic {
	d := diag.Diagnostic{Code: diag.Code(n.Code), Message: n.Message, Fix: n.Fix, Range: diag.Range{File: n.Source}}
	if n.Severity != "error" {
		d.Severity = diag.Warning
	}
	if n.Line > 0 && n.Source != "" {
		d.Range.Start = diag.Position{Line: n.Line, Column: 1}
	}
	if !known(d.Code) {
		d.Code = diag.ExtensionNotice
		d.Message = fmt.Sprintf("the extension %s says: %s", i.Name, n.Message)
	}
	// A plugin's file has its name; that of a package may be anything.
	if !strings.Contains(n.Source+d.Message, i.Name) {
		d.Message += " (extension " + i.Name + ")"
	}
	if d.Fix == "" {
		d.Fix = "look into the extension, or leave it out"
	}
	return d
}

// known reports whether a code is one of devpm's about extensions, so that a
// program cannot speak as another part of devpm.
func known(code diag.Code) bool {
	return strings.HasPrefix(string(code), "DPM7") && slices.ContainsFunc(diag.Codes(), func(i diag.CodeInfo) bool { return i.Code == code })
}
