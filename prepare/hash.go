package prepare

import (
	"cmp"
	"crypto/hmac"
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

// untoldHash stands for the hash of a secret content while there is no key.
const untoldHash = "secret"

// KeyedHash is Hash for a content that holds secrets: HMAC-SHA-256 in hex, so
// that who has it cannot try values out. Without a key it tells nothing.
func KeyedHash(key, content []byte) string {
	if len(key) == 0 {
		return untoldHash
	}
	mac := hmac.New(sha256.New, key)
	mac.Write(content)
	return hex.EncodeToString(mac.Sum(nil))
}

// identity is the hash of a file's content, keyed when the file is closed to
// others.
func (b *builder) identity(f *File, content []byte) string {
	if f.Mode&0o077 == 0 {
		return KeyedHash(b.want.HashKey, content)
	}
	return Hash(content)
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
