package sandbox

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// Main is the helper: it restricts its process as the arguments after Verb say
// and turns it into the program. It returns only when it cannot, with
// StatusFailed.
func Main(args []string) int {
	r, err := parseRequest(args)
	if err == nil {
		err = become(r)
	}
	fmt.Fprintln(os.Stderr, "devpm: the sandbox cannot start the program:", err)
	return StatusFailed
}

// become does not return when all goes well. The thread stays locked: what
// restricts a thread restricts the program that this thread becomes, and the
// kernel ends the other threads.
func become(r request) error {
	runtime.LockOSThread()
	if !filepath.IsAbs(r.argv[0]) {
		return fmt.Errorf("%s is not an absolute path", r.argv[0])
	}
	var filter []unix.SockFilter
	if r.kernel.Filter {
		var err error
		if filter, err = filterFor(r.profile, r.kernel, os.Getpid()); err != nil {
			return err
		}
	}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("giving up new privileges: %w", err)
	}
	if err := endWithParent(); err != nil {
		return err
	}
	if err := dropCapabilities(r.profile); err != nil {
		return err
	}
	if err := setLimits(r.profile); err != nil {
		return err
	}
	if err := closeRest(); err != nil {
		return err
	}
	if r.kernel.Landlock > 0 {
		if err := restrictWrites(r.kernel.Landlock, r.profile.Write); err != nil {
			return err
		}
	}
	return execute(r, filter)
}

// endWithParent makes the signal at the end of devpm one that cannot be
// ignored, where devpm has asked for one.
func endWithParent() error {
	var signal int32
	if err := unix.Prctl(unix.PR_GET_PDEATHSIG, pointer(&signal), 0, 0, 0); err != nil {
		return fmt.Errorf("reading the signal of the parent's end: %w", err)
	}
	if signal == 0 {
		return nil
	}
	if err := unix.Prctl(unix.PR_SET_PDEATHSIG, uintptr(unix.SIGKILL), 0, 0, 0); err != nil {
		return fmt.Errorf("setting the signal of the parent's end: %w", err)
	}
	return nil
}

// The descriptors that a program may have open: enough for libraries, too few
// to use up the machine's.
const (
	descriptors    = 1024
	descriptorsTop = 4096
)

// setLimits limits descriptors and memory and writes no core.
func setLimits(p Profile) error {
	err := errors.Join(
		limit("core files", unix.RLIMIT_CORE, 0, 0),
		limit("open files", unix.RLIMIT_NOFILE, descriptors, descriptorsTop))
	if n := p.AddressSpace; n > 0 {
		err = errors.Join(err, limit("memory", unix.RLIMIT_AS, n, n))
	}
	return err
}

// limit lowers a limit, never raises it. Package syscall knows of limits that it
// set itself, and so does not restore what Go found at its start.
func limit(what string, resource int, soft, hard uint64) error {
	var now syscall.Rlimit
	err := syscall.Getrlimit(resource, &now)
	if err == nil {
		hard = min(hard, now.Max)
		err = syscall.Setrlimit(resource, &syscall.Rlimit{Cur: min(soft, hard), Max: hard})
	}
	if err != nil {
		return fmt.Errorf("limiting %s: %w", what, err)
	}
	return nil
}

// closeRest has every descriptor but the three streams closed when the program
// begins.
func closeRest() error {
	err := unix.CloseRange(3, ^uint(0), unix.CLOSE_RANGE_CLOEXEC)
	if err == nil {
		return nil
	}
	if !errors.Is(err, unix.ENOSYS) && !errors.Is(err, unix.EINVAL) && !errors.Is(err, unix.EPERM) {
		return fmt.Errorf("closing descriptors: %w", err)
	}
	open, err := os.ReadDir("/proc/self/fd") // Linux before 5.11
	if err != nil {
		return fmt.Errorf("closing descriptors: %w", err)
	}
	for _, e := range open {
		var fd int
		if _, err := fmt.Sscan(e.Name(), &fd); err == nil && fd > 2 {
			unix.CloseOnExec(fd)
		}
	}
	return nil
}
