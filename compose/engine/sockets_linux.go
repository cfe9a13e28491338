package engine

import (
	"bufio"
	"encoding/hex"
	"net/netip"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/devpm/devpm/internal/hostport"
)

const (
	procFS         = "/proc"
	canReadSockets = true
)

// socket is one listening socket of the kernel's tables.
type socket struct {
	protocol string
	at       netip.AddrPort
	uid      string
	inode    string
}

// socketTable is what listens on this machine.
type socketTable struct {
	proc    string
	sockets []socket
}

// readSockets reads the kernel's tables; one that cannot be read counts as
// empty.
func readSockets(proc string) *socketTable {
	t := &socketTable{proc: proc}
	for _, name := range []string{"tcp", "tcp6", "udp", "udp6"} {
		f, err := os.Open(filepath.Join(proc, "net", name))
		if err != nil {
			continue
		}
		lines := bufio.NewScanner(f)
		for lines.Scan() {
			if s, ok := parseSocket(name, lines.Text()); ok {
				t.sockets = append(t.sockets, s)
			}
		}
		_ = f.Close()
	}
	return t
}

// parseSocket reads one line of /proc/net/tcp and its likes: number, local
// address, remote address, state, … with the user in the eighth column and the
// inode in the tenth. TCP
// sockets listen in state 0A; UDP sockets that are not connected are in 07.
func parseSocket(name, line string) (socket, bool) {
	f := strings.Fields(line)
	if len(f) < 10 {
		return socket{}, false
	}
	protocol := strings.TrimSuffix(name, "6")
	if want := map[string]string{"tcp": "0A", "udp": "07"}[protocol]; f[3] != want {
		return socket{}, false
	}
	host, port, ok := strings.Cut(f[1], ":")
	if !ok {
		return socket{}, false
	}
	addr, ok := parseAddr(host)
	n, err := strconv.ParseUint(port, 16, 16)
	if !ok || err != nil {
		return socket{}, false
	}
	return socket{protocol: protocol, at: netip.AddrPortFrom(addr.Unmap(), uint16(n)), uid: f[7], inode: f[9]}, true
}

// parseAddr reads an address as the kernel prints it: 32-bit words of which
// each is in the machine's byte order, little-endian wherever devpm runs.
func parseAddr(s string) (netip.Addr, bool) {
	b, err := hex.DecodeString(s)
	if err != nil || len(b) != 4 && len(b) != 16 {
		return netip.Addr{}, false
	}
	for word := range slices.Chunk(b, 4) {
		slices.Reverse(word)
	}
	return netip.AddrFromSlice(b)
}

// holder finds the process that listens where the wish would.
func (t *socketTable) holder(w PortWish) (Holder, bool) {
	for _, s := range t.sockets {
		if s.protocol == w.protocol() && int(s.at.Port()) == w.Published && hostport.Clash(w.address(), s.at.Addr()) {
			h := t.owner(s.inode)
			h.User = userName(s.uid)
			return h, true
		}
	}
	return Holder{}, false
}

// owner looks for the process that has the socket open; other users' processes
// hide that.
func (t *socketTable) owner(inode string) Holder {
	want := "socket:[" + inode + "]"
	processes, err := os.ReadDir(t.proc)
	if err != nil {
		return Holder{}
	}
	for _, p := range processes {
		pid, err := strconv.Atoi(p.Name())
		if err != nil {
			continue
		}
		dir := filepath.Join(t.proc, p.Name(), "fd")
		open, err := os.ReadDir(dir)
		if err != nil {
			continue
		}
		for _, fd := range open {
			if target, err := os.Readlink(filepath.Join(dir, fd.Name())); err == nil && target == want {
				name, _ := os.ReadFile(filepath.Join(t.proc, p.Name(), "comm"))
				return Holder{PID: pid, Process: strings.TrimSpace(string(name))}
			}
		}
	}
	return Holder{}
}

// userName is the name of a user id, or the id where it has none.
func userName(uid string) string {
	if u, err := user.LookupId(uid); err == nil {
		return u.Username
	}
	return uid
}
