package engine

import (
	"fmt"
	"os"
	"path/filepath"
)

// Holder is who has a port: a container, or a process of this machine. What the
// system or the engine does not tell us stays empty.
type Holder struct {
	Container string
	Project   string
	Service   string
	Dir       string // the directory that the container's project was brought up from
	PID       int
	Process   string
	User      string // that the process, or at least its socket, belongs to
}

// String names the holder in a sentence.
func (h Holder) String() string {
	switch {
	case h.Container != "" && h.Project != "" && h.Dir != "":
		return fmt.Sprintf("container %s of project %s in %s", h.Container, h.Project, h.Dir)
	case h.Container != "" && h.Project != "":
		return fmt.Sprintf("container %s of project %s", h.Container, h.Project)
	case h.Container != "":
		return "container " + h.Container
	case h.PID != 0 && h.User != "":
		return fmt.Sprintf("process %d (%s) of user %s", h.PID, h.Process, h.User)
	case h.PID != 0:
		return fmt.Sprintf("process %d (%s)", h.PID, h.Process)
	case h.User != "":
		return "a process of user " + h.User
	}
	return "another process"
}

// fix says how the port can be had.
func (h Holder) fix() string {
	switch {
	case h.Container != "" && h.isDevpm():
		return "stop it with `devpm -C " + h.Dir + " down`"
	case h.Container != "" && h.Project != "":
		return fmt.Sprintf("stop it with `docker compose -p %s stop %s`", h.Project, h.Service)
	case h.Container != "":
		return "stop it with `docker stop " + h.Container + "`"
	}
	return "end that process"
}

// isDevpm reports whether the container's project is one that devpm can take
// down. A directory of another machine, or one that is gone, is none.
func (h Holder) isDevpm() bool {
	if h.Dir == "" {
		return false
	}
	_, err := os.Lstat(filepath.Join(h.Dir, "odpm.json"))
	return err == nil
}
