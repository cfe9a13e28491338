package pack

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/internal/fsx"
)

// Resolve finds the newest version of a package that a constraint allows. With a
// sha256 (of a lock) it is that package or none. What cannot be found, or was
// damaged, is a *diag.Failure.
func (s *Store) Resolve(name string, constraint Constraint, sha256 string) (*Installed, error) {
	all, broken, err := s.versions(name)
	if err != nil {
		return nil, err
	}
	var known []string
	for _, i := range all {
		known = append(known, i.Version)
		if sha256 != "" && i.SHA256 != sha256 {
			continue
		}
		if constraint.Takes(i.Version) {
			return i, i.checkBlob()
		}
	}
	if len(broken) > 0 {
		return nil, broken.Err()
	}
	message, fix := fmt.Sprintf("the extension %s is not installed", name), "run `devpm ext install FILE`, with its archive or the URL of it"
	switch {
	case len(known) > 0 && sha256 != "":
		message = fmt.Sprintf("the extension %s is not installed as it is locked (sha256 %.12s…); there is %s", name, sha256, strings.Join(known, ", "))
		fix = "install the very package that the project locked, or lock another with `devpm ext install`"
	case len(known) > 0:
		message = fmt.Sprintf("no version of %s that is installed is %s; there is %s", name, constraint, strings.Join(known, ", "))
		fix = "install a version that will do, or change extensions.require"
	}
	return nil, failure(diag.StoreMissing, "", message, fix)
}

// checkBlob makes sure that the archive is the one that was installed. It reads
// it only when its size or time is another than noted.
func (i *Installed) checkBlob() error {
	info, err := os.Stat(i.blob)
	damaged := func(why string) error {
		return failure(diag.StoreDamaged, i.blob, fmt.Sprintf("the archive of %s %s %s", i.Name, i.Version, why), "install the same package again")
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return damaged("is gone")
	case err != nil:
		return err
	case info.Size() == i.Size && info.ModTime().UnixNano() == i.mtime:
		return nil
	}
	sum, err := fsx.HashBelow(filepath.Dir(i.blob), filepath.Base(i.blob))
	if err != nil {
		return err
	}
	if sum != i.SHA256 {
		return damaged("was changed")
	}
	return nil
}

// Remove takes versions of a package out of the store: all, or the one named. It
// returns those that were there, and a *diag.Failure when none was. Bytes that
// another version shares stay.
func (s *Store) Remove(ctx context.Context, name, version string) ([]string, error) {
	if !ValidName(name) || version != "" && !versionForm.MatchString(version) {
		return nil, notInstalled(name, version)
	}
	if _, err := os.Stat(s.path(indexDir, name)); errors.Is(err, fs.ErrNotExist) {
		return nil, notInstalled(name, version)
	}
	var removed []string
	err := s.locked(ctx, func() error {
		files, err := os.ReadDir(s.path(indexDir, name))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		for _, f := range files {
			v, ok := strings.CutSuffix(f.Name(), ".json")
			if !ok || version != "" && v != version {
				continue
			}
			// The index first: what it does not name is rubbish, not a package.
			if err := os.Remove(s.path(indexDir, name, f.Name())); err != nil {
				return err
			}
			removed = append(removed, v)
		}
		if len(removed) == 0 {
			return notInstalled(name, version)
		}
		return s.tidy(name)
	})
	return removed, err
}

func notInstalled(name, version string) error {
	what := name
	if version != "" {
		what += "@" + version
	}
	return failure(diag.StoreMissing, "", fmt.Sprintf("%s is not installed", what), "`devpm ext list` shows what is")
}

// indexFiles are the paths of all entries of the index. Not knowing one of them
// is an error: what no entry names is deleted.
func (s *Store) indexFiles() ([]string, error) {
	var out []string
	names, err := os.ReadDir(s.path(indexDir))
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		files, err := os.ReadDir(s.path(indexDir, name.Name()))
		if err != nil && name.IsDir() {
			return nil, err
		}
		for _, f := range files {
			if filepath.Ext(f.Name()) == ".json" {
				out = append(out, s.path(indexDir, name.Name(), f.Name()))
			}
		}
	}
	return out, nil
}

// tidy deletes what no entry of the index names: archives, extracted copies of
// one name, and what killed processes left. A program that runs and reads one of
// these files later fails; its next start makes a new copy.
func (s *Store) tidy(name string) error {
	blobs, copies, left, sure := map[string]bool{}, map[string]bool{}, false, true
	// Read for its names only: an entry that this devpm cannot use is a newer
	// one's, and keeps its files.
	files, err := s.indexFiles()
	if err != nil {
		return err
	}
	for _, file := range files {
		left = left || filepath.Base(filepath.Dir(file)) == name
		var e indexed
		text, err := os.ReadFile(file)
		switch {
		case err != nil:
			sure = false
			continue
		case json.Unmarshal(text, &e) != nil || len(e.SHA256) != 2*sha256.Size:
			continue
		}
		blobs[e.SHA256+".zip"] = true
		if filepath.Base(filepath.Dir(file)) == name {
			copies[cacheName(e.Version, e.SHA256)] = true
			copies[cacheName(e.Version, e.SHA256)+filesSuffix] = true
		}
	}
	var errs []error
	sweep := func(dir string, keep map[string]bool) {
		entries, err := os.ReadDir(dir)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
		for _, e := range entries {
			if !keep[e.Name()] {
				errs = append(errs, os.RemoveAll(filepath.Join(dir, e.Name())))
			}
		}
	}
	if sure { // else an archive may be that of an entry that could not be read
		sweep(s.path(blobDir), blobs)
	}
	if left {
		sweep(s.path(cacheDir, name), copies)
		return errors.Join(errs...)
	}
	return errors.Join(append(errs, os.RemoveAll(s.path(cacheDir, name)), os.RemoveAll(s.path(indexDir, name)))...)
}
