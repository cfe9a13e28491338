package sandbox_test

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/devpm/devpm/extensions/sandbox"
)

// TestMain makes the test binary the helper and the programs that it starts:
//
//	__sandbox …            the helper
//	attempt WORLD NAME…    tries things, and says of each what came of it
func TestMain(m *testing.M) {
	switch {
	case len(os.Args) > 1 && os.Args[1] == sandbox.Verb:
		os.Exit(sandbox.Main(os.Args[2:]))
	case len(os.Args) > 3 && os.Args[1] == "attempt":
		w := world{dir: os.Args[2]}
		for _, name := range os.Args[3:] {
			i := slices.IndexFunc(attempts, func(a attempt) bool { return a.name == name })
			if err := attempts[i].try(w); err != nil {
				fmt.Println(name, "refused:", errnoName(err))
			} else {
				fmt.Println(name, "done")
			}
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func errnoName(err error) string {
	if errno, ok := errors.AsType[syscall.Errno](err); ok {
		return unix.ErrnoName(errno)
	}
	return err.Error()
}

// attempt is one thing that a program may not do while planning. Kinds say what
// a Profile must allow for it.
type attempt struct {
	name string
	kind string
	try  func(w world) error
	// alone: success ends or changes the program that tries.
	alone bool
}

const (
	kindWrite   = "write"   // below the world's directory
	kindNetwork = "network" // to the listeners of the world
	kindSpawn   = "spawn"   // processes of its own
	kindSignal  = "signal"  // to its parent
	kindPeek    = "peek"    // into its parent's memory
	kindNever   = "never"   // no profile allows it
)

// world is what the attempts are made on (newWorld).
type world struct{ dir string }

func (w world) at(name string) string { return filepath.Join(w.dir, name) }

func call(number uintptr, args ...uintptr) error {
	var a [6]uintptr
	copy(a[:], args)
	_, _, errno := unix.Syscall6(number, a[0], a[1], a[2], a[3], a[4], a[5])
	if errno != 0 {
		return errno
	}
	return nil
}

func text(s string) uintptr {
	p, _ := unix.BytePtrFromString(s)
	return uintptr(unsafe.Pointer(p))
}

func open(path string, flags int) error {
	fd, err := unix.Open(path, flags|unix.O_CLOEXEC, 0o644)
	if err == nil {
		unix.Close(fd)
	}
	return err
}

// reading opens a file for reading, which is allowed, and goes on with that.
func reading(path string, then func(fd int) error) error {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("reading: %s", errnoName(err)) // not a refusal that counts
	}
	defer unix.Close(fd)
	return then(fd)
}

func dial(network string, addr func(w world) string) func(world) error {
	return func(w world) error {
		c, err := net.Dial(network, addr(w))
		if err != nil {
			return err
		}
		defer c.Close()
		_, err = c.Write([]byte("x"))
		return err
	}
}

// said is the content of a file of the world, where addresses of listeners are.
func said(name string) func(w world) string {
	return func(w world) string {
		b, _ := os.ReadFile(w.at(name))
		return string(b)
	}
}

func socket(domain, kind, protocol int) func(world) error {
	return func(world) error {
		fd, err := unix.Socket(domain, kind|unix.SOCK_CLOEXEC, protocol)
		if err == nil {
			unix.Close(fd)
		}
		return err
	}
}

var attempts = []attempt{
	{name: "create", kind: kindWrite, try: func(w world) error { return open(w.at("new"), unix.O_WRONLY|unix.O_CREAT) }},
	{name: "open for writing", kind: kindWrite, try: func(w world) error { return open(w.at("file"), unix.O_WRONLY) }},
	{name: "open for both", kind: kindWrite, try: func(w world) error { return open(w.at("file"), unix.O_RDWR) }},
	{name: "open for appending", kind: kindWrite, try: func(w world) error { return open(w.at("file"), unix.O_WRONLY|unix.O_APPEND) }},
	{name: "open and truncate", kind: kindWrite, try: func(w world) error { return open(w.at("file"), unix.O_RDONLY|unix.O_TRUNC) }},
	{name: "truncate", kind: kindWrite, try: func(w world) error { return unix.Truncate(w.at("file"), 1) }},
	{name: "temporary file", kind: kindWrite, try: func(w world) error { return open(w.dir, unix.O_TMPFILE|unix.O_RDWR) }},
	{name: "openat2", kind: kindNever, try: func(w world) error {
		how := unix.OpenHow{Flags: unix.O_WRONLY}
		return call(unix.SYS_OPENAT2, ^uintptr(99), text(w.at("file")), uintptr(unsafe.Pointer(&how)), unsafe.Sizeof(how))
	}},
	{name: "mkdir", kind: kindWrite, try: func(w world) error { return unix.Mkdir(w.at("newdir"), 0o755) }},
	{name: "rmdir", kind: kindWrite, try: func(w world) error { return unix.Rmdir(w.at("empty")) }},
	{name: "rename", kind: kindWrite, try: func(w world) error { return unix.Rename(w.at("rename"), w.at("renamed")) }},
	{name: "exchange", kind: kindWrite, try: func(w world) error {
		return unix.Renameat2(unix.AT_FDCWD, w.at("unlink"), unix.AT_FDCWD, w.at("other"), unix.RENAME_EXCHANGE)
	}},
	{name: "link", kind: kindWrite, try: func(w world) error { return unix.Link(w.at("file"), w.at("linked")) }},
	{name: "symlink", kind: kindWrite, try: func(w world) error { return unix.Symlink("file", w.at("symlinked")) }},
	{name: "mkfifo", kind: kindWrite, try: func(w world) error { return unix.Mkfifo(w.at("fifo"), 0o600) }},
	{name: "mknod", kind: kindWrite, try: func(w world) error { return unix.Mknod(w.at("node"), unix.S_IFREG|0o600, 0) }},
	{name: "chmod", kind: kindWrite, try: func(w world) error { return unix.Chmod(w.at("file"), 0o600) }},
	{name: "fchmod", kind: kindWrite, try: func(w world) error {
		return reading(w.at("file"), func(fd int) error { return unix.Fchmod(fd, 0o640) })
	}},
	{name: "utime", kind: kindWrite, try: func(w world) error {
		return unix.UtimesNano(w.at("file"), []unix.Timespec{{Sec: 1}, {Sec: 1}})
	}},
	{name: "futimes", kind: kindWrite, try: func(w world) error {
		return reading(w.at("file"), func(fd int) error {
			return call(unix.SYS_UTIMENSAT, uintptr(fd), 0, 0, 0)
		})
	}},
	{name: "unlink", kind: kindWrite, try: func(w world) error { return unix.Unlink(w.at("unlink")) }},
	{name: "mknod of a device", kind: kindNever, try: func(w world) error { return unix.Mknod(w.at("device"), unix.S_IFCHR|0o600, 0x103) }},
	{name: "chown", kind: kindNever, try: func(w world) error { return unix.Chown(w.at("file"), os.Getuid(), os.Getgid()) }},
	{name: "fchown", kind: kindNever, try: func(w world) error {
		return reading(w.at("file"), func(fd int) error { return unix.Fchown(fd, os.Getuid(), os.Getgid()) })
	}},
	{name: "setxattr", kind: kindNever, try: func(w world) error { return unix.Setxattr(w.at("file"), "user.devpm", []byte("x"), 0) }},
	{name: "removexattr", kind: kindNever, try: func(w world) error { return unix.Removexattr(w.at("file"), "user.planted") }},
	{name: "attributes", kind: kindNever, try: func(w world) error {
		return reading(w.at("file"), func(fd int) error {
			return unix.IoctlSetPointerInt(fd, unix.FS_IOC_SETFLAGS, 0x40)
		})
	}},

	{name: "tcp", kind: kindNetwork, try: dial("tcp", said("tcp"))},
	{name: "udp", kind: kindNetwork, try: dial("udp", said("udp"))},
	{name: "listen", kind: kindNetwork, try: func(world) error {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err == nil {
			l.Close()
		}
		return err
	}},
	{name: "unix socket", kind: kindNever, try: dial("unix", func(w world) string { return w.at("docker.sock") })},
	{name: "unix datagram", kind: kindNever, try: dial("unixgram", func(w world) string { return w.at("log.sock") })},
	{name: "abstract socket", kind: kindNever, try: dial("unix", said("abstract"))},
	{name: "unix socket of its own", kind: kindNever, try: func(w world) error {
		l, err := net.Listen("unix", w.at("own.sock"))
		if err == nil {
			l.Close()
		}
		return err
	}},
	{name: "pair of datagram sockets", kind: kindNever, try: func(w world) error {
		fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_DGRAM, 0)
		if err != nil {
			return err
		}
		return unix.Sendto(fds[0], []byte("x"), 0, &unix.SockaddrUnix{Name: w.at("log.sock")})
	}},
	{name: "netlink socket", kind: kindNever, try: socket(unix.AF_NETLINK, unix.SOCK_RAW, 0)},
	{name: "raw socket", kind: kindNever, try: socket(unix.AF_INET, unix.SOCK_RAW, unix.IPPROTO_ICMP)},
	{name: "packet socket", kind: kindNever, try: socket(unix.AF_PACKET, unix.SOCK_RAW, 0)},
	{name: "io_uring", kind: kindNever, try: func(world) error {
		var params [120]byte
		r, _, errno := unix.Syscall(unix.SYS_IO_URING_SETUP, 1, uintptr(unsafe.Pointer(&params)), 0)
		if errno != 0 {
			return errno
		}
		return unix.Close(int(r))
	}},

	{name: "start a program", kind: kindSpawn, try: func(world) error {
		p, err := os.StartProcess("/bin/true", []string{"true"}, &os.ProcAttr{})
		if err != nil {
			return err
		}
		_, err = p.Wait()
		return err
	}},
	{name: "fork", kind: kindSpawn, try: func(world) error {
		pid, _, errno := unix.RawSyscall6(unix.SYS_CLONE, uintptr(unix.SIGCHLD), 0, 0, 0, 0, 0)
		switch {
		case errno != 0:
			return errno
		case pid == 0:
			unix.RawSyscall(unix.SYS_EXIT_GROUP, 0, 0, 0)
		}
		_, err := unix.Wait4(int(pid), nil, 0, nil)
		return err
	}},
	{name: "exec", kind: kindSpawn, alone: true, try: func(world) error {
		return unix.Exec("/bin/echo", []string{"echo", "exec done"}, nil)
	}},
	{name: "execveat", kind: kindSpawn, alone: true, try: func(world) error {
		return reading("/bin/echo", func(fd int) error {
			argv, _ := syscall.SlicePtrFromStrings([]string{"echo", "execveat done"})
			return call(unix.SYS_EXECVEAT, uintptr(fd), text(""), uintptr(unsafe.Pointer(&argv[0])), 0, unix.AT_EMPTY_PATH)
		})
	}},
	{name: "exec from another thread", kind: kindSpawn, alone: true, try: func(world) error {
		failed := make(chan error)
		go func() {
			runtime.LockOSThread()
			failed <- unix.Exec("/bin/echo", []string{"echo", "exec from another thread done"}, nil)
		}()
		return <-failed
	}},
	{name: "exec after answering for itself", kind: kindSpawn, alone: true, try: answerForItself},
	{name: "daemon", kind: kindSpawn, try: func(world) error {
		_, err := unix.Setsid()
		return err
	}},

	{name: "signal", kind: kindSignal, try: func(world) error { return unix.Kill(os.Getppid(), 0) }},
	{name: "signal to a thread", kind: kindSignal, try: func(world) error { return unix.Tgkill(os.Getppid(), os.Getppid(), 0) }},
	{name: "signal by a descriptor", kind: kindSignal, try: func(world) error {
		fd, err := unix.PidfdOpen(os.Getppid(), 0)
		if err != nil {
			return err
		}
		return unix.PidfdSendSignal(fd, 0, nil, 0)
	}},
	{name: "signal by owning a pipe", kind: kindNever, try: func(world) error {
		_, err := unix.FcntlInt(0, unix.F_SETOWN, os.Getppid())
		return err
	}},
	{name: "limits of another", kind: kindNever, try: func(world) error {
		return unix.Prlimit(os.Getppid(), unix.RLIMIT_CORE, nil, &unix.Rlimit{})
	}},
	{name: "trace", kind: kindNever, try: func(world) error {
		const seize = 0x4206
		err := call(unix.SYS_PTRACE, seize, uintptr(os.Getppid()), 0, 0)
		return err
	}},
	{name: "read memory", kind: kindNever, try: func(world) error {
		var to [1]byte
		local := []unix.Iovec{{Base: &to[0], Len: 1}}
		_, err := unix.ProcessVMReadv(os.Getppid(), local, []unix.RemoteIovec{{Base: uintptr(unsafe.Pointer(&to)), Len: 1}}, 0)
		if err == unix.EFAULT {
			return nil // it may look, and looked in the wrong place
		}
		return err
	}},
	{name: "memory file for reading", kind: kindPeek, try: func(world) error { return open(fmt.Sprintf("/proc/%d/mem", os.Getppid()), unix.O_RDONLY) }},
	{name: "memory file for writing", kind: kindNever, try: func(world) error { return open(fmt.Sprintf("/proc/%d/mem", os.Getppid()), unix.O_WRONLY) }},
	{name: "environment of the parent", kind: kindPeek, try: func(world) error {
		_, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", os.Getppid()))
		return err
	}},

	{name: "memfd", kind: kindWrite, try: func(world) error { _, err := unix.MemfdCreate("x", 0); return err }},
	{name: "keys", kind: kindNever, try: func(world) error { _, err := unix.KeyctlGetKeyringID(unix.KEY_SPEC_PROCESS_KEYRING, true); return err }},
	{name: "bpf", kind: kindNever, try: func(world) error {
		attr := [16]uint32{2, 4, 4, 1} // an array of one
		return call(unix.SYS_BPF, 0, uintptr(unsafe.Pointer(&attr)), unsafe.Sizeof(attr))
	}},
	{name: "userfaultfd", kind: kindNever, try: func(world) error { return call(unix.SYS_USERFAULTFD, 1) }},
	{name: "perf", kind: kindNever, try: func(world) error {
		_, err := unix.PerfEventOpen(&unix.PerfEventAttr{Type: unix.PERF_TYPE_SOFTWARE, Size: uint32(unsafe.Sizeof(unix.PerfEventAttr{})), Config: unix.PERF_COUNT_SW_CPU_CLOCK}, 0, -1, -1, 0)
		return err
	}},
	{name: "shared memory", kind: kindNever, try: func(world) error {
		id, err := unix.SysvShmGet(0, 4096, unix.IPC_CREAT|0o600)
		if err == nil {
			_, err = unix.SysvShmCtl(id, unix.IPC_RMID, nil)
		}
		return err
	}},
	{name: "priority", kind: kindSpawn, try: func(world) error { return unix.Setpriority(unix.PRIO_PROCESS, 0, 19) }},
	{name: "priority of another", kind: kindNever, try: func(world) error {
		now, err := unix.Getpriority(unix.PRIO_PROCESS, os.Getppid())
		if err != nil {
			return err
		}
		return unix.Setpriority(unix.PRIO_PROCESS, os.Getppid(), 20-now)
	}},
	{name: "priority of all", kind: kindNever, try: func(world) error {
		// Of a user that nobody is: allowed, it finds no process.
		if err := unix.Setpriority(unix.PRIO_USER, 0x7ffffffe, 19); err != unix.ESRCH {
			return err
		}
		return nil
	}},
	{name: "new namespace", kind: kindNever, alone: true, try: func(world) error { return unix.Unshare(unix.CLONE_NEWNS) }},
	{name: "mount", kind: kindNever, alone: true, try: func(w world) error {
		if err := unix.Mount("none", w.at("empty"), "tmpfs", 0, ""); err != nil {
			return err
		}
		return unix.Unmount(w.at("empty"), 0)
	}},
	{name: "chroot", kind: kindNever, alone: true, try: func(w world) error { return unix.Chroot("/") }},
	{name: "another user", kind: kindNever, alone: true, try: func(world) error { return unix.Setgid(unix.Getgid()) }},
	{name: "outlive devpm", kind: kindNever, try: func(world) error { return unix.Prctl(unix.PR_SET_PDEATHSIG, 0, 0, 0, 0) }},
	{name: "adopt", kind: kindNever, try: func(world) error { return unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) }},
}

// answerForItself tries to open the gate of execve again: with a listener of its
// own it could answer as the helper did.
func answerForItself(world) error {
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return err
	}
	allow := unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW}
	fprog := unix.SockFprog{Len: 1, Filter: &allow}
	if err := call(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_NEW_LISTENER, uintptr(unsafe.Pointer(&fprog))); err != nil {
		return err
	}
	fmt.Println("exec after answering for itself done")
	os.Exit(0)
	return nil
}

// refused are the answers that count as the sandbox's.
func refused(answer string) bool {
	return slices.Contains([]string{"EPERM", "EACCES", "ENOSYS"}, strings.TrimPrefix(answer, "refused: "))
}
