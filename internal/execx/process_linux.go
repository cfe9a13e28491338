package execx

import "syscall"

// followParent ends the child when the thread that started it ends, which is
// when devpm is killed (see the package comment).
func followParent(attr *syscall.SysProcAttr) { attr.Pdeathsig = syscall.SIGTERM }
