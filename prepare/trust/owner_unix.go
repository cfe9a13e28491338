//go:build unix

package trust

import (
	"io/fs"
	"os"
	"syscall"
)

// ownersAlone reports whether only this user can have written the file.
func ownersAlone(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(stat.Uid) == os.Getuid() && info.Mode().Perm()&0o022 == 0
}
