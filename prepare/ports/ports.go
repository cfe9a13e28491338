// Package ports leases host ports to work trees, so that several work trees of
// one repository can run at the same time (`ports: auto`). A lease is kept from
// run to run, also after `down`, and two work trees never have the same one.
//
// Assign proposes and writes nothing; planning calls it. Take assigns again
// under a lock and keeps the result; only `up` calls it. The package does not
// look at the machine: who holds a port, it is told.
package ports

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/devpm/devpm/internal/hostport"
)

// The ports that leases are taken from when the written one cannot be had. They
// lie below what Linux, macOS and Windows give to outgoing connections.
const (
	RangeFirst = 20000
	RangeLast  = 29999
	rangeSize  = RangeLast - RangeFirst + 1
)

// Claim is a fixed host port of the document, or a block of ports that follow
// each other. It is the same claim as long as all fields are.
type Claim struct {
	Service   string `json:"service"`
	HostIP    string `json:"host_ip,omitempty"` // "" means all addresses
	Protocol  string `json:"protocol"`          // tcp, udp, sctp
	Container int    `json:"container"`         // the first port in the container
	Written   int    `json:"written"`           // the first port asked for
	Count     int    `json:"count"`             // how many follow each other; 1 for a single port
}

// Lease is a claim and the first port that it got.
type Lease struct {
	Claim
	Port int `json:"port"`
	// Why says what is in the way of the written port: "is leased to DIR", "is
	// held by …". "" when the lease has it, or when nothing is in the way any
	// more and the lease is only kept.
	Why string `json:"-"`
}

// Held says who has a port of this machine, in words that follow "which is
// held by"; "" when nobody else has it.
type Held func(hostIP, protocol string, port int) string

// ExhaustedError says that no block of ports is left for a claim.
type ExhaustedError struct{ Claim Claim }

// Error names the claim.
func (e *ExhaustedError) Error() string {
	return fmt.Sprintf("no %d free ports in a row from %d to %d for service %s", e.Claim.Count, RangeFirst, RangeLast, e.Claim.Service)
}

// Assign gives each claim of a work tree a port, in the given order: the one it
// has leased, else the written one, else the next free one of the range from
// 20000 plus the written port's last four digits on (8069 becomes 28069). A
// lease is given up only when somebody else holds its port.
func (t Table) Assign(dir string, claims []Claim, held Held) ([]Lease, error) {
	a := &assignment{table: t, dir: dir, held: held}
	out := make([]Lease, len(claims))
	var open []int
	// Leases that are kept come first: a new claim must not take their ports.
	for i, c := range claims {
		if have, ok := t.lease(dir, c); ok && a.free(c, have.Port) == "" {
			out[i] = a.take(c, have.Port)
			if have.Port != c.Written {
				out[i].Why = a.free(c, c.Written)
			}
			continue
		}
		open = append(open, i)
	}
	for _, i := range open {
		lease, err := a.fresh(claims[i])
		if err != nil {
			return nil, err
		}
		out[i] = lease
	}
	return out, nil
}

// assignment is one run of Assign.
type assignment struct {
	table Table
	dir   string
	held  Held
	taken []Lease
}

func (a *assignment) take(c Claim, port int) Lease {
	l := Lease{Claim: c, Port: port}
	a.taken = append(a.taken, l)
	return l
}

func (a *assignment) fresh(c Claim) (Lease, error) {
	why := a.free(c, c.Written)
	if why == "" {
		return a.take(c, c.Written), nil
	}
	for step := range rangeSize {
		port := RangeFirst + (c.Written+step)%rangeSize
		if port+c.Count-1 > RangeLast || a.free(c, port) != "" {
			continue
		}
		l := a.take(c, port)
		l.Why = why
		return l, nil
	}
	return Lease{}, &ExhaustedError{c}
}

// free says what is in the way of a block at a port; "" when nothing is.
func (a *assignment) free(c Claim, port int) string {
	if why := a.leasedTo(c, port); why != "" {
		return why
	}
	for p := port; p < port+c.Count; p++ {
		if who := a.held(c.HostIP, c.Protocol, p); who != "" {
			return "is held by " + who
		}
	}
	return ""
}

// leasedTo says which lease is in the way, another work tree's or one that this
// run has given already.
func (a *assignment) leasedTo(c Claim, port int) string {
	wish := Lease{Claim: c, Port: port}
	for _, l := range a.taken {
		if l.clashes(wish) && l.Claim != c {
			return "is leased to service " + l.Service
		}
	}
	for _, dir := range a.table.dirs() {
		if dir == a.dir {
			continue
		}
		for _, l := range a.table.Trees[dir].Leases {
			if l.clashes(wish) {
				return "is leased to " + dir
			}
		}
	}
	return ""
}

// clashes reports whether two leases could not be used at the same time.
func (l Lease) clashes(with Lease) bool {
	return l.Protocol == with.Protocol && l.Port < with.Port+with.Count && with.Port < l.Port+l.Count &&
		hostport.Clash(hostport.Address(l.HostIP), hostport.Address(with.HostIP))
}

func sortLeases(leases []Lease) []Lease {
	return slices.SortedFunc(slices.Values(leases), func(a, b Lease) int {
		return cmp.Or(cmp.Compare(a.Service, b.Service), cmp.Compare(a.Port, b.Port),
			cmp.Compare(a.Protocol, b.Protocol), cmp.Compare(a.HostIP, b.HostIP))
	})
}
