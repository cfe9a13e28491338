//go:build amd64 || arm64

package sandbox

import (
	"testing"

	"golang.org/x/sys/unix"
)

// Every profile on every kernel gives a filter that the kernel takes: no call is
// named twice, and it is short enough.
func TestEveryProfileHasAFilter(t *testing.T) {
	const longest = 4096 // instructions (BPF_MAXINSNS)
	for bits := range 32 {
		p := Profile{Network: bits&1 != 0, Spawn: bits&2 != 0}
		if bits&4 != 0 {
			p.Write = []string{"/p"}
		}
		for landlock := range 11 {
			k := Kernel{Landlock: landlock, Filter: true, Once: bits&8 != 0}
			filter, err := filterFor(p, k, 1)
			if err != nil || len(filter) > longest {
				t.Errorf("%+v, %+v: %d instructions, %v", p, k, len(filter), err)
			}
		}
	}
}

func TestACallWithTwoRulesIsAMistake(t *testing.T) {
	if _, err := compile([]rule{allow(unix.SYS_READ), allow(unix.SYS_READ, is(0, 1))}); err == nil {
		t.Error("the second rule would never count")
	}
}

// Of what the kernel may do at a caller's word, nothing is allowed by mistake:
// calls that no profile has.
func TestNoProfileHasDangerousCalls(t *testing.T) {
	never := []uintptr{
		unix.SYS_PTRACE, unix.SYS_PROCESS_VM_READV, unix.SYS_PROCESS_VM_WRITEV, unix.SYS_KCMP, unix.SYS_PIDFD_GETFD, unix.SYS_PROCESS_MADVISE,
		unix.SYS_MOUNT, unix.SYS_UMOUNT2, unix.SYS_MOVE_MOUNT, unix.SYS_OPEN_TREE, unix.SYS_FSOPEN, unix.SYS_FSMOUNT, unix.SYS_MOUNT_SETATTR, unix.SYS_PIVOT_ROOT, unix.SYS_CHROOT,
		unix.SYS_UNSHARE, unix.SYS_SETNS, unix.SYS_BPF, unix.SYS_PERF_EVENT_OPEN, unix.SYS_USERFAULTFD, unix.SYS_IO_URING_SETUP, unix.SYS_IO_URING_ENTER, unix.SYS_IO_URING_REGISTER,
		unix.SYS_ADD_KEY, unix.SYS_REQUEST_KEY, unix.SYS_KEYCTL, unix.SYS_SECCOMP, unix.SYS_INIT_MODULE, unix.SYS_FINIT_MODULE, unix.SYS_KEXEC_LOAD, unix.SYS_REBOOT,
		unix.SYS_SETXATTR, unix.SYS_FSETXATTR, unix.SYS_SETXATTRAT, unix.SYS_REMOVEXATTR, unix.SYS_FILE_SETATTR, unix.SYS_FCHOWN, unix.SYS_FCHOWNAT, unix.SYS_QUOTACTL,
		unix.SYS_SETUID, unix.SYS_SETGID, unix.SYS_SETGROUPS, unix.SYS_SETRESUID, unix.SYS_CAPSET, unix.SYS_SETRLIMIT,
		unix.SYS_OPEN_BY_HANDLE_AT, unix.SYS_FANOTIFY_INIT, unix.SYS_SHMGET, unix.SYS_MSGGET, unix.SYS_SEMGET, unix.SYS_MQ_OPEN, unix.SYS_MOVE_PAGES, unix.SYS_MIGRATE_PAGES,
		unix.SYS_SYSLOG, unix.SYS_CLOCK_SETTIME, unix.SYS_SETHOSTNAME, unix.SYS_SWAPON, unix.SYS_ACCT, unix.SYS_MEMFD_SECRET,
	}
	everything := Profile{Write: []string{"/p"}, Network: true, Spawn: true}
	allowed := map[uintptr]bool{}
	for _, r := range rules(everything, Kernel{Landlock: 11, Filter: true, Once: true}, 1) {
		allowed[r.call] = r.verdict != unix.SECCOMP_RET_ERRNO|uint32(unix.ENOSYS)
	}
	for _, number := range append(never, unix.SYS_CLONE3, unix.SYS_OPENAT2) {
		if allowed[number] {
			t.Errorf("call %d is allowed", number)
		}
	}
}
