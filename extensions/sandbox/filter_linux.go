package sandbox

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The places in what a filter is shown of a call (struct seccomp_data). Only
// the lower half of an argument is looked at: the kernel takes no more of any
// argument that the rules judge.
const (
	atNumber = 0
	atArch   = 4
	atArgs   = 16
)

func load(at uint32) unix.SockFilter {
	return unix.SockFilter{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: at}
}

func give(verdict uint32) unix.SockFilter {
	return unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: verdict}
}

func fail(errno unix.Errno) unix.SockFilter {
	return give(unix.SECCOMP_RET_ERRNO | uint32(errno))
}

// jump skips instructions when the loaded value compares so with k.
func jump(compare uint16, k uint32, yes, no int) unix.SockFilter {
	return unix.SockFilter{Code: unix.BPF_JMP | compare | unix.BPF_K, Jt: uint8(yes), Jf: uint8(no), K: k}
}

// want is a condition on one argument: with the mask, it is one of the values.
type want struct {
	arg    int
	mask   uint32
	values []uint32
}

func is(arg int, values ...uint32) want { return want{arg, ^uint32(0), values} }

func masked(arg int, mask uint32, values ...uint32) want { return want{arg, mask, values} }

// rule says what a call gives: verdict when every condition holds, and otherwise
// "not permitted".
type rule struct {
	call    uintptr
	wants   []want
	verdict uint32
}

func allow(call uintptr, wants ...want) rule { return rule{call, wants, unix.SECCOMP_RET_ALLOW} }

// compile writes the rules as a filter. A call that no rule names gives "not
// permitted", and one that is younger than the rules "not implemented", for
// which C libraries have an older way. A call in the way of another processor
// ends the process: its numbers mean other calls.
func compile(rules []rule) ([]unix.SockFilter, error) {
	prog := []unix.SockFilter{
		load(atArch),
		jump(unix.BPF_JEQ, filterArch, 1, 0),
		give(unix.SECCOMP_RET_KILL_PROCESS),
		load(atNumber),
	}
	if filterLimit > 0 { // numbers of x32 on amd64
		prog = append(prog, jump(unix.BPF_JGE, filterLimit, 0, 1), give(unix.SECCOMP_RET_KILL_PROCESS))
	}
	seen := map[uintptr]bool{}
	for _, r := range rules {
		if seen[r.call] {
			return nil, fmt.Errorf("two rules for call %d", r.call)
		}
		seen[r.call] = true
		body := r.body()
		if len(body) > 255 {
			return nil, fmt.Errorf("the rule for call %d is too long", r.call)
		}
		prog = append(prog, jump(unix.BPF_JEQ, uint32(r.call), 0, len(body)))
		prog = append(prog, body...)
	}
	return append(prog,
		jump(unix.BPF_JGT, lastCall, 0, 1), fail(unix.ENOSYS),
		fail(unix.EPERM)), nil
}

func (r rule) body() []unix.SockFilter {
	var prog []unix.SockFilter
	for _, w := range r.wants {
		prog = append(prog, load(atArgs+8*uint32(w.arg)))
		if w.mask != ^uint32(0) {
			prog = append(prog, unix.SockFilter{Code: unix.BPF_ALU | unix.BPF_AND | unix.BPF_K, K: w.mask})
		}
		for i, v := range w.values {
			prog = append(prog, jump(unix.BPF_JEQ, v, len(w.values)-i, 0)) // past the refusal
		}
		prog = append(prog, fail(unix.EPERM))
	}
	return append(prog, give(r.verdict))
}

// install makes a filter that of the calling thread. It returns the filter's
// listener, where the flags ask for one.
func install(prog []unix.SockFilter, flags uintptr) (listener int, err error) {
	fprog := unix.SockFprog{Len: uint16(len(prog)), Filter: &prog[0]}
	r, _, errno := unix.RawSyscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, flags, uintptr(unsafe.Pointer(&fprog)))
	if errno != 0 {
		return -1, errno
	}
	return int(r), nil
}
