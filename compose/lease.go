package compose

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/manifest"
)

// PortClaim is a fixed host port of the document, or a block of ports that
// follow each other, with where it is written.
type PortClaim struct {
	Service   string
	HostIP    string // "" means all addresses
	Protocol  string
	Container int // the first port in the container
	First     int // the first port on the host
	Count     int
	Range     diag.Range
	Path      string // "services.web.ports[0]"
}

// lease moves fixed host ports to where Input.LeasePorts wants them. A port
// that the engine chooses, and a range of which it takes any, stay.
func (b *builder) lease() {
	var claims []PortClaim
	var places []func(first int)
	for _, s := range b.m.services.members {
		ports := s.value.get("ports")
		if !ports.is(manifest.Array) {
			continue
		}
		path := joinKey(joinKey("services", s.key), "ports")
		for i, p := range ports.items {
			m, _, ok := readPort(p)
			if !ok || m.hostFrom == 0 || m.host-m.hostFrom != m.to-m.from {
				continue
			}
			claims = append(claims, PortClaim{
				Service: s.key, HostIP: m.hostIP, Protocol: m.protocol, Container: m.from,
				First: m.hostFrom, Count: m.host - m.hostFrom + 1, Range: p.rng(), Path: joinIndex(path, i),
			})
			places = append(places, func(first int) { ports.items[i] = leased(p, m, first, b.in.LeasedBy) })
		}
	}
	if len(claims) == 0 {
		return
	}
	for i, first := range b.in.LeasePorts(claims) {
		if first != claims[i].First {
			places[i](first)
		}
	}
}

// leased is the entry with other host ports.
func leased(p *value, m portMapping, first int, by manifest.Choice) *value {
	why := because(ruleLease, by)
	l := &layer{LayerDevpm, fmt.Sprintf("leased port, asked for %s", hostPorts(m.hostFrom, m))}
	host := hostPorts(first, m)
	if p.kind == manifest.Object {
		out := *p
		out.members = append([]member(nil), p.members...)
		published := newText(host, l)
		published.replaced = p.get("published")
		published.source, published.why = published.replaced.source, why
		out.set("published", diag.Range{}, published)
		return &out
	}
	// The host's part ends before the last colon, and its ports begin behind the
	// address, which may hold colons itself.
	colon := strings.LastIndexByte(p.text, ':')
	start := strings.LastIndexByte(p.text[:colon], ':') + 1
	text := p.text[:start] + host + p.text[colon:]
	return &value{kind: manifest.String, text: text, layer: l, source: p.source, replaced: p, why: why}
}

func hostPorts(first int, m portMapping) string {
	if m.host == m.hostFrom {
		return strconv.Itoa(first)
	}
	return fmt.Sprintf("%d-%d", first, first+m.host-m.hostFrom)
}
