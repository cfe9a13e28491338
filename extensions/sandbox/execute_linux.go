package sandbox

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

func pointer[T any](p *T) uintptr { return uintptr(unsafe.Pointer(p)) }

// execute installs the filter, if there is one, and turns the process into the
// program. The environment is passed on as it came.
func execute(r request, filter []unix.SockFilter) error {
	var err error
	switch {
	case filter == nil:
	case r.kernel.Once && !r.profile.Spawn:
		err = answerOnce(filter)
	default:
		_, err = install(filter, 0)
	}
	if err != nil {
		return fmt.Errorf("installing the filter: %w", err)
	}
	if err = syscall.Exec(r.argv[0], r.argv, syscall.Environ()); err != nil {
		err = fmt.Errorf("executing %s: %w", r.argv[0], err)
	}
	return err
}

// notification and response are what a filter's listener reads and writes
// (struct seccomp_notif and struct seccomp_notif_resp).
type notification struct {
	id uint64
	_  [2]uint32 // process, flags
	_  [64]byte  // struct seccomp_data
}

type response struct {
	id    uint64
	_     int64 // value
	_     int32 // error
	flags uint32
}

// answerOnce installs a filter that hands execve to its listener, and sees to it
// that the next one is let through: the start of the program itself. The
// listener closes with it, and from then on the kernel refuses every execve
// ("not implemented": there is nobody to ask).
//
// The answer comes from another thread, while this one waits in execve. That
// thread is not restricted, and does not outlive the call. Go cannot stop a
// thread that waits in execve, nor start one meanwhile, so nothing is collected
// from here on, and the answering thread makes bare calls, for which it needs
// nobody.
func answerOnce(filter []unix.SockFilter) error {
	debug.SetGCPercent(-1)
	runtime.GOMAXPROCS(max(4, runtime.GOMAXPROCS(0)))
	listener := make(chan int)
	ready := make(chan struct{})
	go func() {
		runtime.LockOSThread()
		fd := <-listener
		close(ready)
		if !letOneThrough(uintptr(fd)) {
			_, _, _ = unix.RawSyscall(unix.SYS_CLOSE, uintptr(fd), 0, 0) // and execve fails
		}
	}()
	fd, err := install(filter, unix.SECCOMP_FILTER_FLAG_NEW_LISTENER)
	if err != nil {
		return err
	}
	listener <- fd
	<-ready
	return nil
}

// letOneThrough waits for a call and answers it. A signal, with which Go asks a
// thread to yield, interrupts either thread; the call is then made again.
func letOneThrough(listener uintptr) bool {
	for {
		var asked notification
		_, _, errno := unix.RawSyscall(unix.SYS_IOCTL, listener, unix.SECCOMP_IOCTL_NOTIF_RECV, pointer(&asked))
		switch errno {
		case 0:
		case unix.EINTR, unix.ENOENT:
			continue
		default:
			return false
		}
		answer := response{id: asked.id, flags: unix.SECCOMP_USER_NOTIF_FLAG_CONTINUE}
		_, _, errno = unix.RawSyscall(unix.SYS_IOCTL, listener, unix.SECCOMP_IOCTL_NOTIF_SEND, pointer(&answer))
		if errno != unix.EINTR && errno != unix.ENOENT {
			return errno == 0
		}
	}
}
