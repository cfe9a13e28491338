package compose

import (
	"fmt"
	"net"
	"strconv"
	"strings"

	"github.com/devpm/devpm/manifest"
)

// portMapping is one entry of `ports` before its ranges are spread out.
type portMapping struct {
	hostIP         string
	hostFrom, host int // first and last on the host; 0: the engine chooses
	from, to       int // first and last in the container
	protocol       string
}

// portFault says what is wrong with an entry of `ports`.
type portFault struct{ message, fix string }

// readPort reads an entry of `ports` in the short form
// ([HOST:]CONTAINER[/PROTOCOL], HOST being [IP:]PORT) or the long one. ok is
// false, without a fault, for shapes that the schema check reports.
func readPort(v *value) (mapping portMapping, fault *portFault, ok bool) {
	switch v.kind {
	case manifest.Number, manifest.String:
		mapping, fault = readShortPort(v.text)
		return mapping, fault, fault == nil
	case manifest.Object:
		mapping.hostIP = v.get("host_ip").textOf()
		mapping.protocol = strings.ToLower(v.get("protocol").textOf())
		if mapping.protocol == "" {
			mapping.protocol = "tcp"
		}
		target, isNumber := v.get("target").integer()
		if !isNumber {
			return mapping, nil, false
		}
		mapping.from, mapping.to = target, target
		if p := v.get("published"); p != nil && p.text != "" {
			if mapping.hostFrom, mapping.host, fault = readPortRange(p.text); fault != nil {
				return mapping, fault, false
			}
		}
		return mapping, nil, true
	default:
		return mapping, nil, false
	}
}

const portFix = "write HOST:CONTAINER, for example \"8080:80\""

func readShortPort(s string) (portMapping, *portFault) {
	m := portMapping{protocol: "tcp"}
	rest, protocol, named := strings.Cut(s, "/")
	if named && protocol != "" {
		m.protocol = strings.ToLower(protocol)
		if m.protocol != "tcp" && m.protocol != "udp" && m.protocol != "sctp" {
			return m, &portFault{fmt.Sprintf("the protocol %q is unknown", protocol), "use tcp, udp or sctp"}
		}
	}
	host, container := "", rest
	if i := strings.LastIndexByte(rest, ':'); i >= 0 {
		host, container = rest[:i], rest[i+1:]
	}
	var fault *portFault
	if m.from, m.to, fault = readPortRange(container); fault != nil {
		return m, fault
	}
	if i := strings.LastIndexByte(host, ':'); i >= 0 {
		m.hostIP, host = host[:i], host[i+1:]
		if ip, ok := strings.CutPrefix(m.hostIP, "["); ok && strings.HasSuffix(ip, "]") {
			m.hostIP = ip[:len(ip)-1]
		}
		if m.hostIP != "" && net.ParseIP(m.hostIP) == nil {
			return m, &portFault{fmt.Sprintf("%q is no address of this host", m.hostIP),
				`write the number of an address, for example "127.0.0.1:8080:80"`}
		}
	}
	if host == "" {
		return m, nil
	}
	if m.hostFrom, m.host, fault = readPortRange(host); fault != nil {
		return m, fault
	}
	if n := m.to - m.from; m.host-m.hostFrom != n && n != 0 {
		return m, &portFault{fmt.Sprintf("the range %s has another length than %s", host, container),
			"give both ranges the same number of ports"}
	}
	return m, nil
}

func readPortRange(s string) (first, last int, fault *portFault) {
	from, to, isRange := strings.Cut(s, "-")
	if first, fault = readPortNumber(from); fault != nil {
		return 0, 0, fault
	}
	if !isRange {
		return first, first, nil
	}
	if last, fault = readPortNumber(to); fault != nil {
		return 0, 0, fault
	}
	if last < first {
		return 0, 0, &portFault{fmt.Sprintf("the range %s ends before it starts", s), "write the lower port first"}
	}
	return first, last, nil
}

// readPortNumber takes what Compose takes, a sign included.
func readPortNumber(s string) (int, *portFault) {
	n, err := strconv.ParseInt(s, 10, 0)
	switch {
	case s == "":
		return 0, &portFault{"a port number is missing", portFix}
	case err != nil || n < 0:
		return 0, &portFault{fmt.Sprintf("%q is no port number", s), portFix}
	case n > 65535:
		return 0, &portFault{fmt.Sprintf("the port %s is above 65535", s), "use a port from 1 to 65535"}
	}
	return int(n), nil
}

// spread is the mapping as single ports. One container port on a range of host
// ports takes any free one of them, which nothing can say beforehand.
func (m portMapping) spread() []Port {
	var out []Port
	for i := range m.to - m.from + 1 {
		p := Port{HostIP: m.hostIP, Container: m.from + i, Protocol: m.protocol}
		if m.host != 0 && m.host-m.hostFrom == m.to-m.from {
			p.Published = m.hostFrom + i
		}
		out = append(out, p)
	}
	return out
}
