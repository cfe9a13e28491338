package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/prepare/apply"
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
	return fault(diag.NoManifest, "", message, "change to the project's directory, name it with -C DIR, or run `devpm init` to write an odpm.json here")
}

// faultManifestFile says why a manifest could not be read.
func faultManifestFile(file string, err error) error {
	return fault(diag.ManifestFile, file, "the manifest cannot be read: "+cause(err), unreadableFix(err,
		"put the manifest itself at this path, or remove what is there and run `devpm init`"))
}

// faultDotenvFile says why a dotenv file that is there could not be read.
func faultDotenvFile(file string, err error) error {
	return fault(diag.DotenvFile, file, "the file cannot be read: "+cause(err), unreadableFix(err,
		"make it a text file with one NAME=value a line, or remove it"))
}

func unreadableFix(err error, otherwise string) string {
	switch {
	case errors.Is(err, fs.ErrPermission):
		return "give yourself read permission on the file"
	case errors.Is(err, fs.ErrNotExist):
		return "check the file's name"
	default:
		return otherwise
	}
}

func faultDirectory(dir, message string, err error) error {
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		message = "the directory cannot be used: " + cause(err)
	}
	return fault(diag.NoDirectory, dir, message, "give the project's directory after -C")
}

func faultWorkingDir(err error) error {
	return fault(diag.WorkingDirectory, "", "the working directory cannot be determined: "+cause(err), "change to an existing directory, or name the project's with -C and an absolute path")
}

// faultUnknownPath answers `explain` for a path that the document has not;
// near are the closest paths that it has.
func faultUnknownPath(path string, near []string) error {
	fix := "run `devpm render` to see the whole document"
	if len(near) > 0 {
		fix = meant(near)
	}
	return fault(diag.NoSuchPath, "", fmt.Sprintf("the document has no %q", path), fix)
}

// meant offers one name as the one that was meant, several as what there is.
func meant(near []string) string {
	if len(near) == 1 {
		return "did you mean " + near[0] + "?"
	}
	return "there are " + strings.Join(near, ", ")
}

// faultUnknownService says that a service named on the command line is not in
// the document; known are the names that are.
func faultUnknownService(name string, known []string) error {
	fix := "the document has no services; add one to `services` in odpm.json"
	if len(known) > 0 {
		fix = "the services are " + strings.Join(known, ", ")
		if len(known) == 1 {
			fix = "the only service is " + known[0]
		}
		if near := nearest(name, known); near != "" {
			fix = fmt.Sprintf("did you mean %q? %s", near, fix)
		}
	}
	return fault(diag.NoSuchService, "", fmt.Sprintf("there is no service %q", name), fix)
}

// writeFault says why a path could not be written, made or removed.
func writeFault(path string, err error) error {
	if d, ok := apply.PathFault(path, err); ok {
		return diag.List{d}.Err()
	}
	return fault(diag.NotWritable, path, "this path cannot be written: "+cause(err), "remove the cause, then run the command again")
}

// cause is the system's own words for an error, without the file name that the
// diagnostic shows already.
func cause(err error) string {
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		return path.Err.Error()
	}
	return oneLine(err)
}
