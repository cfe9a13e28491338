package sandbox

import "golang.org/x/sys/unix"

// The processor whose calls the rules are about. Numbers from filterLimit on
// are those of x32, other calls again.
const (
	filterArch  = unix.AUDIT_ARCH_X86_64
	filterLimit = 0x40000000
	callOpen    = unix.SYS_OPEN
)

// Calls that only this processor has, mostly older names of others.
var (
	callsAlwaysHere = []uintptr{
		unix.SYS_STAT, unix.SYS_LSTAT, unix.SYS_ACCESS, unix.SYS_READLINK, unix.SYS_GETDENTS, unix.SYS_DUP2, unix.SYS_PIPE,
		unix.SYS_POLL, unix.SYS_SELECT, unix.SYS_EPOLL_CREATE, unix.SYS_EPOLL_WAIT, unix.SYS_EVENTFD, unix.SYS_SIGNALFD, unix.SYS_INOTIFY_INIT,
		unix.SYS_ARCH_PRCTL, unix.SYS_GETPGRP, unix.SYS_TIME, unix.SYS_ALARM, unix.SYS_PAUSE,
	}
	callsWriteHere = []uintptr{
		unix.SYS_CREAT, unix.SYS_MKDIR, unix.SYS_RMDIR, unix.SYS_UNLINK, unix.SYS_RENAME, unix.SYS_LINK, unix.SYS_SYMLINK, unix.SYS_MKNOD,
		unix.SYS_CHMOD, unix.SYS_UTIME, unix.SYS_UTIMES, unix.SYS_FUTIMESAT,
	}
	callsSpawnHere = []uintptr{unix.SYS_FORK, unix.SYS_VFORK}
)
