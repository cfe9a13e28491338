package prepare

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
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

// Key names a host port in EngineState.Holders and Container.Ports:
// "tcp/0.0.0.0:8080". No host address means all of them.
func (p Port) Key() string {
	host, protocol := p.HostIP, p.Protocol
	if host == "" {
		host = "0.0.0.0"
	}
	if protocol == "" {
		protocol = "tcp"
	}
	return fmt.Sprintf("%s/%s:%d", protocol, host, p.Published)
}
