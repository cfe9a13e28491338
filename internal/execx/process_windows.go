package execx

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"

	"golang.org/x/sys/windows"
)

// prepare gives the child a process group of its own, so that a Ctrl-C meant
// for devpm does not end it before devpm decides.
func prepare(cmd *exec.Cmd, foreground bool) {
	if !foreground {
		cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: windows.CREATE_NEW_PROCESS_GROUP}
	}
}

// terminate sends CTRL_BREAK, which only console groups receive; the others
// wait for the KILL.
func terminate(p *os.Process, foreground bool) {
	if !foreground {
		_ = windows.GenerateConsoleCtrlEvent(windows.CTRL_BREAK_EVENT, uint32(p.Pid))
	}
}

func kill(p *os.Process, _ bool) { _ = p.Kill() }

// groupAlive is false: Windows has no way to ask.
func groupAlive(*os.Process) bool { return false }

func exitCode(s *os.ProcessState) int { return s.ExitCode() }

// runnable adds the endings of Windows programs.
func runnable(path string) (string, error) {
	endings := []string{".com", ".exe", ".bat", ".cmd"}
	if ext := filepath.Ext(path); ext != "" {
		for _, e := range endings {
			if strings.EqualFold(e, ext) {
				return existing(path)
			}
		}
	}
	for _, e := range endings {
		if found, err := existing(path + e); err == nil {
			return found, nil
		}
	}
	return "", fs.ErrNotExist
}

func existing(path string) (string, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return "", err
	case info.IsDir():
		return "", errors.New("is a directory")
	}
	return path, nil
}

func isFormatError(err error) bool { return errors.Is(err, windows.ERROR_BAD_EXE_FORMAT) }

func sameKey(a, b string) bool { return strings.EqualFold(a, b) }
