package engine

import (
	"context"
	"errors"
	"fmt"
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

// Holder is who has a port: a container, or a process of this machine. PID is 0
// and Process empty when the system does not tell us.
type Holder struct {
	Container string
	Project   string
	Service   string
	PID       int
	Process   string
}

// String names the holder in a sentence.
func (h Holder) String() string {
	switch {
	case h.Container != "" && h.Project != "":
		return fmt.Sprintf("container %s of project %s", h.Container, h.Project)
	case h.Container != "":
		return "container " + h.Container
	case h.PID != 0:
		return fmt.Sprintf("process %d (%s)", h.PID, h.Process)
	}
	return "another process"
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
	return portHolders(ctx, wishes, s, mode, procFS)
}

func portHolders(ctx context.Context, wishes []PortWish, s Snapshot, mode PortMode, proc string) map[string]Holder {
	held := map[string]Holder{}
	var table *socketTable
	for _, w := range wishes {
		if w.Published == 0 || ctx.Err() != nil {
			continue
		}
		holder, own := containerWith(w, s)
		switch {
		case own:
			continue
		case holder.Container != "":
			held[w.Key()] = holder
			continue
		case s.Endpoint.Host != "" && !s.Endpoint.Local():
			continue
		}
		if mode == PortsByListening || !canReadSockets {
			busy, sure := listenBusy(ctx, w)
			if sure && !busy {
				continue
			}
			if sure {
				held[w.Key()] = Holder{}
			}
		}
		if table == nil {
			table = readSockets(proc)
		}
		if found, ok := table.holder(w); ok {
			held[w.Key()] = found
		}
	}
	return held
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
			h = Holder{Container: p.Container, Project: p.Project, Service: p.Service}
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
