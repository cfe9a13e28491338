package fsx

import (
	"errors"
	"io/fs"
	"strings"
	"syscall"
)

// What can be wrong with a path. Errors of this package wrap one of them, or
// fs.ErrNotExist, where it applies; use errors.Is.
var (
	ErrNoSpace     = errors.New("no space left on the device")
	ErrReadOnly    = errors.New("not writable")
	ErrLeadsOut    = errors.New("leads out of the directory through a symbolic link")
	ErrIsDirectory = errors.New("is not a regular file")
	ErrUnderFile   = errors.New("a parent is not a directory")
	ErrOccupied    = errors.New("something that is no symbolic link is there")
)

// fault is a system error together with its class.
type fault struct{ class, err error }

func (f *fault) Error() string   { return f.err.Error() }
func (f *fault) Unwrap() []error { return []error{f.class, f.err} }

// Classify adds the class of an error about a path, so that callers need no errno.
func Classify(err error) error {
	if err == nil {
		return nil
	}
	for _, known := range []error{ErrNoSpace, ErrReadOnly, ErrLeadsOut, ErrIsDirectory, ErrUnderFile, ErrOccupied} {
		if errors.Is(err, known) {
			return err
		}
	}
	var class error
	switch {
	case isNoSpace(err):
		class = ErrNoSpace
	case isReadOnly(err) || errors.Is(err, fs.ErrPermission):
		class = ErrReadOnly
	case leadsOut(err):
		class = ErrLeadsOut
	case errors.Is(err, syscall.EISDIR):
		class = ErrIsDirectory
	case errors.Is(err, syscall.ENOTDIR):
		class = ErrUnderFile
	default:
		return err
	}
	return &fault{class: class, err: err}
}

// leadsOut recognises os.Root's refusal, for which os has no exported error;
// a test fails should its text change.
func leadsOut(err error) bool {
	var p *fs.PathError
	if !errors.As(err, &p) {
		return false
	}
	return strings.Contains(p.Err.Error(), "path escapes from parent")
}
