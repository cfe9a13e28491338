//go:build linux && !amd64 && !arm64

package sandbox

import (
	"errors"

	"golang.org/x/sys/unix"
)

// No filter is written for this processor: one that nobody has seen at work
// would be a promise.
const (
	filterArch  = 0
	filterLimit = 0
	lastCall    = 0
)

func filterFor(Profile, Kernel, int) ([]unix.SockFilter, error) {
	return nil, errors.New("there is no filter for this processor")
}
