package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/devpm/devpm/diag"
)

// The codes of the command line; docs/diagnostics has a page for each.
const (
	codeFailed         diag.Code = "DPM6001"
	codeNoManifest     diag.Code = "DPM6002"
	codeManifestFile   diag.Code = "DPM6003"
	codeDirectory      diag.Code = "DPM6004"
	codeManifestExists diag.Code = "DPM6005"
	codeUnknownPath    diag.Code = "DPM6006"
	codeUnknownService diag.Code = "DPM6007"
	codeWorkingDir     diag.Code = "DPM6008"
)

// fault is one error diagnostic as an error.
func fault(code diag.Code, file, message, fix string) error {
	return diag.List{{Code: code, Range: diag.Range{File: file}, Message: message, Fix: fix}}.Err()
}

// faultNoManifest says that dir (and its parents, when they were searched) has
// no odpm.json, and names `devpm init`.
func faultNoManifest(dir string, parentsSearched bool) error {
	message := fmt.Sprintf("there is no odpm.json in %s", dir)
	if parentsSearched {
		message += " or the directories above it"
	}
	return fault(codeNoManifest, "", message, "change to the project's directory, name it with -C DIR, or run `devpm init` to write an odpm.json here")
}

// faultManifestFile says why a manifest that is there could not be read.
func faultManifestFile(file string, err error) error {
	switch {
	case err == nil: // it is something else than a file
		return fault(codeManifestFile, file, "this is not a regular file", "put the manifest itself at this path, or remove what is there and run `devpm init`")
	case errors.Is(err, fs.ErrPermission):
		return fault(codeManifestFile, file, "the manifest cannot be read: permission denied", "give yourself read permission on the file")
	default:
		return fault(codeManifestFile, file, "the manifest cannot be read: "+cause(err), "check the file and the disk it is on")
	}
}

func faultDirectory(dir, message string, err error) error {
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		message = "the directory cannot be used: " + cause(err)
	}
	return fault(codeDirectory, dir, message, "give the project's directory after -C")
}

func faultWorkingDir(err error) error {
	return fault(codeWorkingDir, "", "the working directory cannot be determined: "+cause(err), "change to an existing directory, or name the project's with -C and an absolute path")
}

// faultUnknownPath answers `explain` for a path that the document has not;
// near are the closest paths that it has.
func faultUnknownPath(path string, near []string) error {
	fix := "run `devpm render` to see the whole document"
	if len(near) > 0 {
		fix = "did you mean " + strings.Join(near, ", ") + "?"
	}
	return fault(codeUnknownPath, "", fmt.Sprintf("the document has no %q", path), fix)
}

// faultUnknownService says that a service named on the command line is not in
// the document; known are the names that are.
func faultUnknownService(name string, known []string) error {
	fix := "the document has no services; add one to `services` in odpm.json"
	if len(known) > 0 {
		fix = "the services are " + strings.Join(known, ", ")
		if near := nearest(name, known); near != "" {
			fix = fmt.Sprintf("did you mean %q? %s", near, fix)
		}
	}
	return fault(codeUnknownService, "", fmt.Sprintf("there is no service %q", name), fix)
}

// cause is the system's own words for an error, without the file name that the
// diagnostic shows already.
func cause(err error) string {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err.Error()
	}
	return oneLine(err)
}
