package prepare

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"net/netip"
)

// Hash is the identity that plans, records and verdicts know a content by:
// SHA-256 in hex.
func Hash(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

// short is a hash as reasons and causes show it.
func short(hash string) string {
	if len(hash) > 12 {
		return hash[:12]
	}
	return hash
}

// Key names a host port in EngineState.Holders: "tcp/0.0.0.0:8080". A host
// address that is none means all of them.
func (p Port) Key() string {
	protocol := cmp.Or(p.Protocol, "tcp")
	host := netip.IPv4Unspecified()
	if a, err := netip.ParseAddr(p.HostIP); err == nil {
		host = a.Unmap()
	}
	return protocol + "/" + netip.AddrPortFrom(host, uint16(p.Published)).String()
}
