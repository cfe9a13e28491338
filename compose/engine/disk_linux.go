package engine

import "golang.org/x/sys/unix"

// freeBytes is the space that an ordinary user may still fill on a path's
// disk, or -1.
func freeBytes(path string) int64 {
	var st unix.Statfs_t
	if path == "" || unix.Statfs(path, &st) != nil {
		return -1
	}
	return int64(st.Bavail) * st.Bsize
}
