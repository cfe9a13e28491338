package engine

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"net/netip"
	"strconv"
	"syscall"

	"github.com/devpm/devpm/internal/hostport"
)

// PortWish is a host port that a service wants to publish.
type PortWish struct {
	HostIP    string // "" means all addresses
	Published int
	Protocol  string // "" means tcp
}

// Key is "tcp/0.0.0.0:8080", the name of the wish in results.
func (w PortWish) Key() string {
	return w.protocol() + "/" + net.JoinHostPort(w.address().String(), strconv.Itoa(w.Published))
}

func (w PortWish) protocol() string {
	if w.Protocol == "" {
		return "tcp"
	}
	return w.Protocol
}

// address is the wished address; all of them when it is not one.
func (w PortWish) address() netip.Addr {
	return hostport.Address(w.HostIP)
}

// PortMode says how a port may be looked at.
type PortMode int

// The modes.
const (
	// PortsByReading only reads what the system tells, where it does (Linux).
	// For planning, which must not touch anything.
	PortsByReading PortMode = iota
	// PortsByListening also opens each port for an instant. For preflight.
	PortsByListening
)

// PortHolders says which of the wished ports are held, by Key, and by whom.
// Containers of the snapshot's own project do not count: `up` replaces them.
// The host's processes are asked only when the engine is on this machine.
// Wishes for a port that the engine chooses (0) are passed over.
func PortHolders(ctx context.Context, wishes []PortWish, s Snapshot, mode PortMode) map[string]Holder {
	return portHolders(ctx, wishes, LookAtPorts(s, mode))
}

func portHolders(ctx context.Context, wishes []PortWish, look *PortLook) map[string]Holder {
	held := map[string]Holder{}
	for _, w := range wishes {
		if ctx.Err() != nil {
			break
		}
		if holder, ok := look.Holder(ctx, w); ok {
			held[w.Key()] = holder
		}
	}
	return held
}

// PortLook answers who holds a port as of one snapshot of the engine, and of
// the host's sockets as they were at the first question about them. It is for
// one goroutine.
type PortLook struct {
	snapshot Snapshot
	mode     PortMode
	proc     string
	table    *socketTable
}

// LookAtPorts looks at ports beside the containers of a snapshot.
func LookAtPorts(s Snapshot, mode PortMode) *PortLook {
	return &PortLook{snapshot: s, mode: mode, proc: procFS}
}

// Holder says who holds a wished port, as PortHolders does.
func (l *PortLook) Holder(ctx context.Context, w PortWish) (Holder, bool) {
	if w.Published == 0 {
		return Holder{}, false
	}
	holder, own := containerWith(w, l.snapshot)
	switch {
	case own:
		return Holder{}, false
	case holder.Container != "":
		return holder, true
	case l.snapshot.Endpoint.Host != "" && !l.snapshot.Endpoint.Local():
		return Holder{}, false
	}
	busy, sure := false, false
	if l.mode == PortsByListening || !canReadSockets {
		if busy, sure = listenBusy(ctx, w); sure && !busy {
			return Holder{}, false
		}
	}
	if l.table == nil {
		l.table = readSockets(l.proc)
	}
	if found, ok := l.table.holder(w); ok {
		return found, true
	}
	return Holder{}, busy
}

// containerWith looks for a container that has the port; own tells that it is
// the project's.
func containerWith(w PortWish, s Snapshot) (h Holder, own bool) {
	for _, p := range s.Published {
		if p.Port != w.Published || p.Protocol != w.protocol() {
			continue
		}
		if at, err := netip.ParseAddr(p.HostIP); err == nil && !hostport.Clash(w.address(), at.Unmap()) {
			continue
		}
		if p.Project != "" && p.Project == s.Project {
			return Holder{}, true
		}
		if h.Container == "" {
			h = Holder{Container: p.Container, Project: p.Project, Service: p.Service, Dir: p.Dir}
		}
	}
	return h, false
}

// listenBusy tries to have the port and gives it back at once. It is not sure
// where it was not allowed to try, or where the address is not this machine's.
func listenBusy(ctx context.Context, w PortWish) (busy, sure bool) {
	var lc net.ListenConfig
	at := net.JoinHostPort(w.address().String(), strconv.Itoa(w.Published))
	var err error
	switch w.protocol() {
	case "tcp":
		var l net.Listener
		if l, err = lc.Listen(ctx, family("tcp", w.address()), at); err == nil {
			_ = l.Close()
		}
	case "udp":
		var l net.PacketConn
		if l, err = lc.ListenPacket(ctx, family("udp", w.address()), at); err == nil {
			_ = l.Close()
		}
	default:
		return false, false
	}
	switch {
	case err == nil:
		return false, true
	case isInUse(err):
		return true, true
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EADDRNOTAVAIL):
		return false, false
	}
	return false, false
}

// family keeps the standard library from listening on both families.
func family(network string, a netip.Addr) string {
	if a.Is4() {
		return network + "4"
	}
	return network + "6"
}
