package cli

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/devpm/devpm/compose"
	"github.com/devpm/devpm/compose/engine"
	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/prepare"
	"github.com/devpm/devpm/prepare/ports"
)

// How host ports are had: `ports` in the manifest, DEVPM_PORTS, --ports.
const (
	portsAuto  = "auto"
	portsFixed = "fixed"
)

// errTaken says that another work tree, or a process, was faster between looking
// and taking: the document names a port or project that cannot be had any more.
var errTaken = errors.New("another run was faster")

// portLeases is the project's share of the leased ports.
type portLeases struct {
	auto   bool
	asked  bool // by a flag or the environment, not by the manifest
	had    bool // the work tree has leases, whether they count now or not
	table  ports.Table
	claims []compose.PortClaim
	leases []ports.Lease // one for each claim
}

// leasePorts is what compose.Input.LeasePorts is to be: a proposal from what is
// leased and, with an engine, from what is held. nil when ports stay as written.
func (p *project) leasePorts(ctx context.Context, app *App, link *engineLink) func([]compose.PortClaim) []int {
	l := &p.leased
	var err error
	l.table, err = ports.Read(stateRoot(app, p.home))
	p.choosePorts(app)
	switch {
	case !l.auto:
		return nil
	case err != nil:
		p.findings.Add(portsTableFault(stateRoot(app, p.home), err))
		return nil
	}
	return func(claims []compose.PortClaim) []int {
		l.claims = claims
		first := make([]int, len(claims))
		leases, err := l.table.Assign(p.realDir(), portClaims(claims), p.heldPorts(ctx, link))
		if err != nil {
			p.findings.Add(p.portsFault(err))
		}
		l.leases = leases
		for i, c := range claims {
			if first[i] = c.First; err == nil {
				first[i] = leases[i].Port
				p.sayLease(c, leases[i])
			}
		}
		return first
	}
}

// choosePorts settles whether ports are leased: --ports, DEVPM_PORTS, the
// manifest, and what the work tree was brought up with last.
func (p *project) choosePorts(app *App) {
	l := &p.leased
	tree, had := l.table.Trees[p.realDir()]
	l.had = had
	mode, from := app.Ports, "--ports"
	if mode == "" {
		mode, _ = app.Lookup("DEVPM_PORTS")
		from = "DEVPM_PORTS"
	}
	switch mode {
	case portsAuto:
		l.auto, l.asked = true, true
	case portsFixed:
	case "":
		l.asked = had && tree.Asked
		l.auto = l.asked || p.manifest.PortsAuto
	default:
		p.findings.Add(diag.Diagnostic{
			Code: diag.PortsUnknown, Path: from, Message: fmt.Sprintf("%q says nothing about ports", mode), Fix: "use auto, fixed, or leave it out",
		})
	}
}

// sayLease tells that a port is not the written one.
func (p *project) sayLease(c compose.PortClaim, l ports.Lease) {
	if l.Port == c.First {
		return
	}
	why := ", which " + l.Why
	if l.Why == "" {
		why = ", which is free again; `devpm down --volumes` gives the lease up"
	}
	p.findings.Add(p.manifest.Located(diag.List{{
		Code: diag.PortLeased, Severity: diag.Notice, Range: c.Range, Path: c.Path,
		Message: fmt.Sprintf("host port %s is leased in place of %s%s", block(l.Port, c.Count), block(c.First, c.Count), why),
	}})...)
}

func block(first, count int) string {
	if count == 1 {
		return fmt.Sprint(first)
	}
	return fmt.Sprintf("%d-%d", first, first+count-1)
}

func portClaims(claims []compose.PortClaim) []ports.Claim {
	out := make([]ports.Claim, len(claims))
	for i, c := range claims {
		out[i] = ports.Claim{Service: c.Service, HostIP: c.HostIP, Protocol: c.Protocol, Container: c.Container, Written: c.First, Count: c.Count}
	}
	return out
}

// heldPorts answers who holds a port, by reading alone. Without an engine
// nobody is known to: the holder may be the project's own container.
func (p *project) heldPorts(ctx context.Context, link *engineLink) ports.Held {
	eng, _ := link.get()
	if eng == nil {
		return nobodyHolds
	}
	snapshot, err := eng.Observe(ctx, engine.ObserveOptions{Project: p.name})
	if err != nil {
		return nobodyHolds // observing for the plan says so
	}
	return heldBy(ctx, engine.LookAtPorts(snapshot, engine.PortsByReading))
}

func nobodyHolds(string, string, int) string { return "" }

func heldBy(ctx context.Context, look *engine.PortLook) ports.Held {
	return func(hostIP, protocol string, port int) string {
		holder, held := look.Holder(ctx, engine.PortWish{HostIP: hostIP, Protocol: protocol, Published: port})
		if !held {
			return ""
		}
		return holder.String()
	}
}

// takePorts makes the proposal of leasePorts the work tree's leases, or gives
// back what it has leased when ports are as written. errTaken says that
// the document has to be made again; nothing has been changed then but leases.
func (p *project) takePorts(ctx context.Context, app *App, effects *engineEffects) error {
	l := &p.leased
	state := stateRoot(app, p.home)
	if !l.auto {
		if !l.had {
			return nil
		}
		return p.portsError(ports.Release(ctx, state, p.realDir()))
	}
	held := nobodyHolds
	if eng, _ := effects.link.get(); eng != nil {
		var wishes []engine.PortWish
		for _, lease := range l.leases {
			wishes = append(wishes, engine.PortWish{HostIP: lease.HostIP, Protocol: lease.Protocol, Published: lease.Port})
		}
		snapshot, _, err := effects.settledHolders(ctx, eng, wishes)
		if err != nil {
			return err
		}
		held = heldBy(ctx, engine.LookAtPorts(snapshot, engine.PortsByListening))
	}
	taken, err := ports.Take(ctx, state, p.realDir(), l.asked, portClaims(l.claims), held)
	if err != nil {
		return p.portsError(err)
	}
	for i := range taken {
		if taken[i].Port != l.leases[i].Port {
			return errTaken
		}
	}
	return nil
}

func (p *project) portsError(err error) error {
	if err == nil {
		return nil
	}
	return diag.List{p.portsFault(err)}.Err()
}

func (p *project) portsFault(err error) diag.Diagnostic {
	if full, ok := errors.AsType[*ports.ExhaustedError](err); ok {
		return diag.Diagnostic{
			Code: diag.PortsExhausted, Path: "services." + full.Claim.Service,
			Message: full.Error(), Fix: "take projects down that are not needed with `devpm down --volumes`, or publish other ports",
		}
	}
	return portsTableFault(filepath.Dir(filepath.Dir(p.stateDir)), err)
}

func portsTableFault(stateDir string, err error) diag.Diagnostic {
	file := filepath.Join(stateDir, ports.FileName)
	return diag.Diagnostic{
		Code: diag.PortsTable, Range: diag.Range{File: file}, Message: oneLine(err),
		Fix: "make it a file that you can read and write, or remove it: every work tree then leases its ports anew",
	}
}

// leases is what a plan shows of the leased ports.
func (l *portLeases) planned() []prepare.PortLease {
	var out []prepare.PortLease
	for i, c := range l.claims {
		if i < len(l.leases) {
			out = append(out, prepare.PortLease{
				Service: c.Service, HostIP: c.HostIP, Protocol: c.Protocol, Container: c.Container,
				Written: c.First, Published: l.leases[i].Port, Count: c.Count,
			})
		}
	}
	return out
}
