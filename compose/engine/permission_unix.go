//go:build unix

package engine

import (
	"fmt"
	"os"
	"os/user"
	"strconv"
	"syscall"
)

// permissionFix names the group that may use the socket.
func permissionFix(path string) string {
	group := "docker"
	if info, err := os.Stat(path); err == nil {
		if st, ok := info.Sys().(*syscall.Stat_t); ok {
			if st.Gid == 0 {
				return "the socket belongs to root alone: install Docker's rootless mode, or give the socket to the group docker"
			}
			group = strconv.Itoa(int(st.Gid))
			if g, err := user.LookupGroupId(group); err == nil {
				group = g.Name
			}
		}
	}
	return fmt.Sprintf("the socket belongs to the group %s: run `sudo usermod -aG %s $USER` and log in again", group, group)
}
