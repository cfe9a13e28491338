package sandbox

import "golang.org/x/sys/unix"

// The processor whose calls the rules are about. It has one numbering, and only
// the younger names of calls.
const (
	filterArch  = unix.AUDIT_ARCH_AARCH64
	filterLimit = 0
	callOpen    = 0
)

var callsAlwaysHere, callsWriteHere, callsSpawnHere []uintptr
