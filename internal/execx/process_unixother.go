//go:build unix && !linux

package execx

import "syscall"

// followParent has no counterpart outside Linux.
func followParent(*syscall.SysProcAttr) {}
