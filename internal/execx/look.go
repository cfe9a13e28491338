package execx

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// LookPath finds the program that a command would start: a name with a
// separator relative to dir, any other name in the directories of pathEnv.
// Relative and empty entries of pathEnv are passed over, so that a file of the
// project is never taken for a tool. The error is a *StartError.
func LookPath(file, pathEnv, dir string) (string, error) {
	if strings.ContainsRune(file, '/') || strings.ContainsRune(file, filepath.Separator) {
		path := file
		if !filepath.IsAbs(path) {
			path = filepath.Join(dir, path)
		}
		if !filepath.IsAbs(path) {
			// A bare name would be searched again by the system.
			path = "." + string(filepath.Separator) + path
		}
		found, err := runnable(path)
		if err != nil {
			return "", &StartError{Name: file, Reason: reasonOf(err), Err: err}
		}
		return found, nil
	}
	var denied error
	for _, entry := range filepath.SplitList(pathEnv) {
		if !filepath.IsAbs(entry) {
			continue
		}
		found, err := runnable(filepath.Join(entry, file))
		if err == nil {
			return found, nil
		}
		if !errors.Is(err, fs.ErrNotExist) && denied == nil {
			denied = err
		}
	}
	if denied != nil {
		return "", &StartError{Name: file, Reason: NotExecutable, Err: denied}
	}
	return "", &StartError{Name: file, Reason: NotFound}
}

func reasonOf(err error) Reason {
	if errors.Is(err, fs.ErrNotExist) {
		return NotFound
	}
	return NotExecutable
}

// startError explains an exec that failed although the file looked runnable.
func startError(name, path string, err error) *StartError {
	reason := Other
	switch {
	case errors.Is(err, fs.ErrNotExist):
		reason = NotFound
		if _, statErr := os.Stat(path); statErr == nil {
			reason = BadInterpreter
		}
	case errors.Is(err, fs.ErrPermission), isFormatError(err):
		reason = NotExecutable
	}
	return &StartError{Name: name, Reason: reason, Err: err}
}

// lookup returns the last value of a key of an environment list.
func lookup(env []string, key string) string {
	for _, e := range slices.Backward(env) {
		if k, v, ok := strings.Cut(e, "="); ok && sameKey(k, key) {
			return v
		}
	}
	return ""
}
