package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/devpm/devpm/cmd/devpm/internal/view"
	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/extensions/pack"
	"github.com/devpm/devpm/internal/fsx"
)

// dataRoot is where the user's data is (XDG base directories); "" when no home
// is known.
func dataRoot(app *App) string {
	if dir, ok := app.Lookup("XDG_DATA_HOME"); ok && filepath.IsAbs(dir) {
		return dir
	}
	if home := homeDir(app); home != "" {
		return filepath.Join(home, ".local", "share")
	}
	return ""
}

// extensionStore is the user's store of packages; it need not be there yet.
func extensionStore(app *App) (*pack.Store, error) {
	root := dataRoot(app)
	if root == "" {
		return nil, fault(diag.PackageFile, "", "there is no place for extensions: no home directory is known", "set HOME or XDG_DATA_HOME")
	}
	return &pack.Store{Dir: pack.StoreDir(root)}, nil
}

// packageFault is an error of the file system about a package, as a diagnostic.
// What is judged already stays as it is.
func packageFault(shown string, err error) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*diag.Failure](err); ok {
		return err
	}
	if link, ok := errors.AsType[*os.LinkError](err); ok { // a rename
		err = &fs.PathError{Op: link.Op, Path: link.New, Err: link.Err}
	}
	if _, ok := errors.AsType[*fs.PathError](err); !ok {
		return err
	}
	message, fix := "it cannot be used: "+cause(err), "make it readable and writable for you"
	switch {
	case errors.Is(err, fs.ErrNotExist):
		fix = "check the spelling"
	case errors.Is(err, fs.ErrExist):
		message, fix = "it is there already, and stays as it is", "give another name, or remove the file first"
	case errors.Is(err, fsx.ErrNoSpace), errors.Is(err, syscall.ENOSPC):
		fix = "make room on the disk"
	case errors.Is(err, syscall.EROFS):
		fix = "make the file system writable, or choose another one"
	}
	return fault(diag.PackageFile, shown, message, fix)
}

// openPackage reads and checks an archive that a command names.
func openPackage(app *App, name string) (*pack.Archive, error) {
	path := app.path(name)
	var found diag.Collector
	a, err := pack.OpenArchive(path, &found)
	if err != nil {
		return nil, packageFault(name, err)
	}
	list := renamed(found.List(), filepath.ToSlash(path), filepath.ToSlash(name))
	if a == nil {
		return nil, list.Err()
	}
	a.File = filepath.ToSlash(name)
	app.warn(list)
	return a, nil
}

// packageAt is the package that an argument names: a file, or a directory, which
// becomes one. What is warned of is shown.
func packageAt(app *App, name string) (*pack.Archive, error) {
	info, err := os.Stat(app.path(name))
	switch {
	case err != nil:
		return nil, packageFault(filepath.ToSlash(name), asPathError(name, err))
	case info.IsDir():
		return buildPackage(app, name)
	}
	return openPackage(app, name)
}

// renamed shows a file by the name that the user gave it.
func renamed(list diag.List, from, to string) diag.List {
	for i := range list {
		if rest, ok := strings.CutPrefix(list[i].Range.File, from); ok {
			list[i].Range.File = to + rest
		}
	}
	return list
}

// nameAndVersion splits NAME[@VERSION].
func nameAndVersion(arg string) (name, version string) {
	name, version, _ = strings.Cut(arg, "@")
	return name, version
}

// findInstalled is the package that NAME[@VERSION] names: the newest without a
// version.
func findInstalled(app *App, arg string) (*pack.Installed, error) {
	s, err := extensionStore(app)
	if err != nil {
		return nil, err
	}
	name, version := nameAndVersion(arg)
	want := ""
	if version != "" {
		want = "=" + version
	}
	constraint, err := pack.ParseConstraint(want)
	if err != nil {
		return nil, usagef("%q is no version", version)
	}
	i, err := s.Resolve(name, constraint, "")
	return i, packageFault(s.Dir, err)
}

// isFileArgument reports whether an argument means a file rather than the name of
// an extension.
func isFileArgument(arg string) bool {
	return strings.ContainsAny(arg, `/\`) || strings.HasSuffix(arg, ".zip")
}

// packageView is what is shown of a package.
func packageView(m *pack.Metadata) view.Package {
	p := view.Package{
		Name: m.Name, Version: m.Version, APILevel: m.APILevel, Runtime: string(m.Runtime), RequiresPython: m.RequiresPython.String(),
		ExtraPaths: m.ExtraPaths, RunsFromZip: m.RunsFromZip(), OwnerName: m.Owner.Name, Organization: m.Owner.Organization, Comments: m.Comments,
		Description: m.Description, Entry: m.Entry, Network: m.Network, Platforms: m.Platforms(), Command: m.Command(),
	}
	for _, c := range m.Offers() {
		p.Capabilities = append(p.Capabilities, string(c))
	}
	for _, s := range m.Contributes.Steps {
		p.Steps = append(p.Steps, s.ID)
	}
	for _, n := range []struct {
		to   *[]string
		keys []string
	}{{&p.Services, m.Contributes.Services.Keys()}, {&p.Patches, m.Contributes.Patches.Keys()}, {&p.Hooks, m.Contributes.Hooks.Keys()}} {
		*n.to = n.keys
	}
	return p
}

// installedView is what is shown of a package of the store.
func installedView(i *pack.Installed, keys []string) view.InstalledPackage {
	out := view.InstalledPackage{Package: packageView(i.Metadata), StoreVersion: i.Version, SHA256: i.SHA256, Size: i.Size, Source: i.Source, Installed: i.At, Archive: i.Blob()}
	switch v, fault := i.Verify(keys); {
	case fault == nil:
		out.Signature, out.Key = "trusted", v.Key
	case fault.Code == diag.SignatureMissing:
		out.Signature = "none"
	case fault.Code == diag.SignatureUntrusted:
		out.Signature = "untrusted"
	default:
		out.Signature = "wrong"
	}
	return out
}

// countBytes is a size as people say it.
func countBytes(n int64) string {
	if n < 1<<20 {
		return fmt.Sprintf("%.1f KiB", float64(n)/(1<<10))
	}
	return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
}

func countFiles(n int) string {
	if n == 1 {
		return "1 file"
	}
	return fmt.Sprintf("%d files", n)
}
