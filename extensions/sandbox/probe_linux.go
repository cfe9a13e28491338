package sandbox

import (
	"fmt"
	"runtime"
	"sync"

	"golang.org/x/sys/unix"
)

const hasHelper = true

// This tells what the kernel below offers. It looks once.
var This = sync.OnceValue(func() Kernel {
	k := Kernel{
		NoLandlock: "this kernel has no Landlock (Linux 5.13 or later can have it)",
		NoFilter:   "devpm has no filter for this processor (" + runtime.GOARCH + ")",
	}
	version, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, 0, 0, unix.LANDLOCK_CREATE_RULESET_VERSION)
	switch errno {
	case 0:
		k.Landlock, k.NoLandlock = int(version), ""
	case unix.EOPNOTSUPP:
		k.NoLandlock = "Landlock is switched off on this machine (its name is missing in the kernel's lsm= setting)"
	case unix.EPERM, unix.EACCES:
		k.NoLandlock = "what devpm runs in, such as a container, forbids Landlock"
	}
	if filterArch == 0 {
		k.NoOnce = k.NoFilter
		return k
	}
	k.NoFilter = ""
	if err := tryFilter(0); err != nil {
		k.NoFilter = fmt.Sprintf("the kernel, or a container that devpm runs in, accepts no seccomp filter (%s)", err)
		k.NoOnce = k.NoFilter
		return k
	}
	k.Filter = true
	if err := tryFilter(unix.SECCOMP_FILTER_FLAG_NEW_LISTENER); err != nil {
		k.NoOnce = fmt.Sprintf("the kernel, or a container that devpm runs in, lets no filter have a listener (%s)", err)
	}
	k.Once = k.NoOnce == ""
	return k
})

// tryFilter installs a filter that allows everything on a thread that ends
// right after, since only trying tells what a container allows.
func tryFilter(flags uintptr) error {
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread ends with the goroutine
		done <- func() error {
			if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
				return err
			}
			listener, err := install([]unix.SockFilter{give(unix.SECCOMP_RET_ALLOW)}, flags)
			if err == nil && flags&unix.SECCOMP_FILTER_FLAG_NEW_LISTENER != 0 {
				err = unix.Close(listener)
			}
			return err
		}()
	}()
	return <-done
}
