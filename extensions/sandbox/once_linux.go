package sandbox

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"unsafe"

	"golang.org/x/sys/unix"
)

func pointer[T any](p *T) uintptr { return uintptr(unsafe.Pointer(p)) }

// notification and response are what a filter's listener reads and writes
// (struct seccomp_notif and struct seccomp_notif_resp).
type notification struct {
	id    uint64
	pid   uint32
	flags uint32
	data  [64]byte // struct seccomp_data
}

type response struct {
	id    uint64
	value int64
	err   int32
	flags uint32
}

// executeOnce installs a filter that hands execve to its listener, and answers
// the one call that this process makes: the program's own start. The listener
// closes with it, and from then on the kernel refuses every execve ("not
// implemented": there is nobody to ask).
//
// The answer comes from another thread, while this one waits in execve; that
// thread is not restricted and does not outlive the call. Both hold on to what
// they need of Go's scheduler: nothing may be collected and no thread started in
// between, since this one cannot be stopped for it.
func executeOnce(filter []unix.SockFilter, argv []string) error {
	debug.SetGCPercent(-1)
	runtime.GOMAXPROCS(max(4, runtime.GOMAXPROCS(0)))
	listener := make(chan int)
	ready := make(chan struct{})
	go func() {
		runtime.LockOSThread()
		fd := <-listener
		var asked notification
		var answer response
		close(ready)
		if _, _, errno := unix.RawSyscall(unix.SYS_IOCTL, uintptr(fd), unix.SECCOMP_IOCTL_NOTIF_RECV, pointer(&asked)); errno != 0 {
			unix.Close(fd) // execve then fails with "not implemented"
			return
		}
		answer.id, answer.flags = asked.id, unix.SECCOMP_USER_NOTIF_FLAG_CONTINUE
		if _, _, errno := unix.RawSyscall(unix.SYS_IOCTL, uintptr(fd), unix.SECCOMP_IOCTL_NOTIF_SEND, pointer(&answer)); errno != 0 {
			unix.Close(fd)
		}
	}()
	fd, err := install(filter, unix.SECCOMP_FILTER_FLAG_NEW_LISTENER)
	if err != nil {
		return fmt.Errorf("installing the filter: %w", err)
	}
	listener <- fd
	<-ready
	return execute(argv)
}
