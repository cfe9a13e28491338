//go:build !windows

package fsx

import (
	"io/fs"
	"os"
)

func setMode(f *os.File, mode fs.FileMode) error { return f.Chmod(mode.Perm()) }
