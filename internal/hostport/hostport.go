// Package hostport says which host ports exclude each other. It does not know
// who holds or leases one.
package hostport

import "net/netip"

// Address is the address that a published port listens on: text when it is an
// address, otherwise all of IPv4, which is what an engine takes for none.
func Address(text string) netip.Addr {
	if a, err := netip.ParseAddr(text); err == nil {
		return a.Unmap()
	}
	return netip.IPv4Unspecified()
}

// Clash reports whether a port cannot be had on both addresses at once. A
// socket on [::] usually takes IPv4 along.
func Clash(a, b netip.Addr) bool {
	if a == b {
		return true
	}
	if a.IsUnspecified() && b.IsUnspecified() {
		return true
	}
	if a.IsUnspecified() {
		return a.Is6() || b.Is4()
	}
	if b.IsUnspecified() {
		return b.Is6() || a.Is4()
	}
	return false
}
