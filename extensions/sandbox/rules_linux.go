//go:build amd64 || arm64

package sandbox

import "golang.org/x/sys/unix"

// lastCall is the youngest call that the lists below were chosen from.
const lastCall = unix.SYS_RSEQ_SLICE_YIELD

// rules says which calls a program with a profile may make, on a kernel, in a
// process with this id. What is not here is refused, so a call that a later
// kernel adds is refused too.
func rules(p Profile, k Kernel, pid int) []rule {
	var list []rule
	add := func(calls []uintptr) {
		for _, call := range calls {
			list = append(list, allow(call))
		}
	}
	add(callsAlways)
	add(callsAlwaysHere)
	list = append(list, guarded(p, k, pid)...)
	list = append(list, opening(p, k)...)
	if len(p.Write) > 0 {
		add(callsWrite)
		add(callsWriteHere)
		if k.Landlock == 0 || k.Landlock >= landlockTruncate {
			list = append(list, allow(unix.SYS_TRUNCATE))
		}
	}
	if p.Network {
		add(callsNetwork)
		list = append(list, allow(unix.SYS_SOCKET,
			is(0, unix.AF_INET, unix.AF_INET6),
			masked(1, socketType, unix.SOCK_STREAM, unix.SOCK_DGRAM)))
	}
	if p.Spawn {
		add(callsSpawn)
		add(callsSpawnHere)
	} else {
		exec := rule{call: unix.SYS_EXECVE, verdict: unix.SECCOMP_RET_ALLOW}
		if k.Once {
			exec.verdict = unix.SECCOMP_RET_USER_NOTIF
		}
		list = append(list, exec)
	}
	return append(list,
		rule{call: unix.SYS_CLONE3, verdict: unix.SECCOMP_RET_ERRNO | uint32(unix.ENOSYS)}, // its flags are out of a filter's sight
		rule{call: unix.SYS_OPENAT2, verdict: unix.SECCOMP_RET_ERRNO | uint32(unix.ENOSYS)})
}

// socketType is the part of socket's second argument that is not flags.
const socketType = 0xf

// opening says with which flags a file may be opened.
func opening(p Profile, k Kernel) []rule {
	var wants func(arg int) []want
	switch {
	case k.Landlock >= landlockTruncate:
		wants = func(int) []want { return nil } // Landlock judges by the path
	case len(p.Write) == 0:
		// Without it, not even /dev/null can be told from other files.
		wants = func(arg int) []want {
			return []want{masked(arg, unix.O_ACCMODE|unix.O_CREAT|unix.O_TRUNC, unix.O_RDONLY)}
		}
	case k.Landlock > 0:
		// Opening for reading only and truncating all the same is what the early
		// versions of Landlock let through.
		wants = func(arg int) []want {
			return []want{masked(arg, unix.O_ACCMODE|unix.O_TRUNC,
				unix.O_RDONLY, unix.O_WRONLY, unix.O_RDWR, unix.O_WRONLY|unix.O_TRUNC, unix.O_RDWR|unix.O_TRUNC)}
		}
	default:
		wants = func(int) []want { return nil }
	}
	list := []rule{allow(unix.SYS_OPENAT, wants(2)...)}
	if callOpen != 0 {
		list = append(list, allow(callOpen, wants(1)...))
	}
	return list
}

// namespaces are the flags of clone that make namespaces, and the one that makes
// a child somebody else's.
const namespaces = unix.CLONE_NEWNS | unix.CLONE_NEWCGROUP | unix.CLONE_NEWUTS | unix.CLONE_NEWIPC |
	unix.CLONE_NEWUSER | unix.CLONE_NEWPID | unix.CLONE_NEWNET | unix.CLONE_PARENT

// guarded are the calls that are harmless with some arguments only.
func guarded(p Profile, k Kernel, pid int) []rule {
	self := uint32(pid)
	list := []rule{
		allow(unix.SYS_IOCTL, is(1, ioctls(p)...)),
		allow(unix.SYS_FCNTL, is(1, fcntls...)),
		allow(unix.SYS_PRCTL, is(0, prctls...)),
		allow(unix.SYS_PERSONALITY, is(0, 0xffffffff)), // which asks
		allow(unix.SYS_PRLIMIT64, is(0, 0, self)),
		allow(unix.SYS_SCHED_SETAFFINITY, is(0, 0, self)),
		// A pair of connected stream sockets is a pipe by another name; event
		// loops wake themselves through one. A pair of datagram sockets could send
		// to any other socket.
		allow(unix.SYS_SOCKETPAIR, is(0, unix.AF_UNIX), masked(1, socketType, unix.SOCK_STREAM)),
	}
	if p.Spawn {
		// Whom it may signal is Landlock's to judge.
		list = append(list, allow(unix.SYS_CLONE, masked(0, namespaces, 0)),
			allow(unix.SYS_SETPRIORITY, is(0, unix.PRIO_PROCESS), is(1, 0))) // its own, as nice does
		for _, call := range callsSignal {
			list = append(list, allow(call))
		}
		return append(list, allow(unix.SYS_TKILL))
	}
	list = append(list, allow(unix.SYS_CLONE, masked(0, namespaces|unix.CLONE_THREAD, unix.CLONE_THREAD)))
	for _, call := range callsSignal {
		list = append(list, allow(call, is(0, self)))
	}
	if k.Landlock >= landlockScopes {
		list = append(list, allow(unix.SYS_TKILL)) // musl's raise; it names threads, not processes
	}
	return list
}

// callsSignal have the process that gets a signal as their first argument.
var callsSignal = []uintptr{unix.SYS_KILL, unix.SYS_TGKILL, unix.SYS_RT_SIGQUEUEINFO, unix.SYS_RT_TGSIGQUEUEINFO}

// Numbers that package unix does not have (asm-generic/ioctls.h).
const (
	fionbio  = 0x5421
	fionclex = 0x5450
	fioclex  = 0x5451
)

// ioctls lists what may be asked of a descriptor: what a terminal or pipe is
// like, and, where the program writes, to share blocks between files that it may
// write. Others change attributes and encryption of files that are open for
// reading only, type on terminals, or drive devices.
func ioctls(p Profile) []uint32 {
	list := []uint32{unix.TCGETS, unix.TCGETS2, unix.TIOCGWINSZ, unix.TIOCGPGRP, unix.TIOCINQ, fionbio, fioclex, fionclex, unix.FS_IOC_GETFLAGS}
	if len(p.Write) > 0 {
		list = append(list, unix.FICLONE, unix.FICLONERANGE, unix.FIDEDUPERANGE)
	}
	if p.Network {
		list = append(list, unix.SIOCGIFCONF, unix.SIOCGIFFLAGS, unix.SIOCGIFADDR, unix.SIOCGIFNAME, unix.SIOCGIFINDEX)
	}
	return list
}

// fcntls leaves out what makes the kernel send signals to a process of one's
// choice (F_SETOWN, F_SETSIG, F_SETLEASE, F_NOTIFY).
var fcntls = []uint32{
	unix.F_DUPFD, unix.F_DUPFD_CLOEXEC, unix.F_GETFD, unix.F_SETFD, unix.F_GETFL, unix.F_SETFL,
	unix.F_GETLK, unix.F_SETLK, unix.F_SETLKW, unix.F_OFD_GETLK, unix.F_OFD_SETLK, unix.F_OFD_SETLKW,
	unix.F_GETPIPE_SZ, unix.F_SETPIPE_SZ, unix.F_GETOWN, unix.F_GETSIG, unix.F_GETLEASE, unix.F_GET_SEALS, unix.F_DUPFD_QUERY,
}

// prctls leaves out PR_SET_PDEATHSIG, by which the program ends with devpm,
// PR_SET_CHILD_SUBREAPER, by which devpm finds what it leaves behind, and
// PR_SET_SECCOMP.
var prctls = []uint32{
	unix.PR_SET_NAME, unix.PR_GET_NAME, unix.PR_SET_VMA, unix.PR_GET_DUMPABLE, unix.PR_SET_DUMPABLE, unix.PR_CAPBSET_READ,
	unix.PR_GET_SECCOMP, unix.PR_GET_NO_NEW_PRIVS, unix.PR_SET_NO_NEW_PRIVS, unix.PR_GET_PDEATHSIG, unix.PR_GET_TIMERSLACK,
	unix.PR_SET_TIMERSLACK, unix.PR_GET_THP_DISABLE, unix.PR_SET_THP_DISABLE, unix.PR_GET_KEEPCAPS, unix.PR_GET_SECUREBITS,
	unix.PR_GET_TID_ADDRESS, unix.PR_GET_CHILD_SUBREAPER, unix.PR_GET_AUXV,
}

// filterFor is the filter of a program with a profile, as rules has it.
func filterFor(p Profile, k Kernel, pid int) ([]unix.SockFilter, error) {
	return compile(rules(p, k, pid))
}
