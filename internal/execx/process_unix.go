//go:build unix

package execx

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"syscall"

	"golang.org/x/sys/unix"
)

// prepare gives the child a process group of its own, unless it is to share
// the terminal with us.
func prepare(cmd *exec.Cmd, foreground bool) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: !foreground}
	followParent(cmd.SysProcAttr)
}

func terminate(p *os.Process, foreground bool) { signal(p, foreground, unix.SIGTERM) }
func kill(p *os.Process, foreground bool)      { signal(p, foreground, unix.SIGKILL) }

// signal reaches the group; a group that is gone needs no signal.
func signal(p *os.Process, foreground bool, sig syscall.Signal) {
	if foreground {
		_ = p.Signal(sig)
		return
	}
	_ = unix.Kill(-p.Pid, sig)
}

func groupAlive(p *os.Process) bool { return unix.Kill(-p.Pid, 0) == nil }

func exitCode(s *os.ProcessState) int {
	if ws, ok := s.Sys().(syscall.WaitStatus); ok && ws.Signaled() {
		return 128 + int(ws.Signal())
	}
	return s.ExitCode()
}

// runnable returns path when it is a file that we may execute.
func runnable(path string) (string, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, unix.ENOTDIR):
		return "", fs.ErrNotExist
	case err != nil:
		return "", err
	case info.IsDir():
		return "", errors.New("is a directory")
	case info.Mode()&0o111 == 0:
		return "", fs.ErrPermission
	}
	if err := unix.Access(path, unix.X_OK); err != nil {
		return "", err
	}
	return path, nil
}

func isFormatError(err error) bool { return errors.Is(err, unix.ENOEXEC) }

func sameKey(a, b string) bool { return a == b }
