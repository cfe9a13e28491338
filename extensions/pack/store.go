package pack

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/internal/fsx"
)

// Store keeps the packages of one user for all projects:
//
//	blobs/SHA256.zip                the very bytes that were installed
//	index/NAME/VERSION.json         which bytes a version is, and what was noted of it
//	cache/NAME/VERSION-SHA12/       what is extracted, with SHA12.files.json beside it
//
// A version is never replaced by other bytes. Files are written beside their
// place and moved there, the index last, so a process that is killed leaves the
// store as it was before. Only the owner may enter it.
type Store struct{ Dir string }

// StoreDir is the store below a user's data directory ($XDG_DATA_HOME).
func StoreDir(data string) string { return filepath.Join(data, "devpm", "extensions") }

const (
	blobDir   = "blobs"
	indexDir  = "index"
	cacheDir  = "cache"
	lockName  = "store.lock"
	indexKind = 1 // version of the index's files
)

// Installed is a package of the store.
type Installed struct {
	Name      string
	Version   string // "0.0.0+SHA12" where the package has none
	SHA256    string
	Size      int64     // bytes of the archive
	Source    string    // where it came from: a path or URL, as the user gave it
	At        time.Time // when it was installed
	Signature string    // in minisign's format; "" where there is none
	SignedBy  string    // the trusted public key for which the signature was found right; "" for none
	Metadata  *Metadata
	Warnings  diag.List // of its metadata

	blob  string
	mtime int64 // of the blob, as noted; a difference means that it has to be read again
}

// Blob is the path of the archive: the very bytes that were installed.
func (i *Installed) Blob() string { return i.blob }

// Described is the package's own version, or a word for none.
func (i *Installed) Described() string {
	if i.Metadata != nil && i.Metadata.Version == "" {
		return "(no version)"
	}
	return i.Version
}

// indexed is a file of the index. The metadata is kept as text, so that a plan
// opens no archive.
type indexed struct {
	Index     int       `json:"index"`
	Name      string    `json:"name"`
	Version   string    `json:"version"`
	SHA256    string    `json:"sha256"`
	Size      int64     `json:"size"`
	Modified  int64     `json:"modified"` // of the blob, Unix nanoseconds
	Source    string    `json:"source,omitempty"`
	At        time.Time `json:"installed"`
	Signature string    `json:"signature,omitempty"`
	SignedBy  string    `json:"signed_by,omitempty"`
	Metadata  string    `json:"extension_yml"`
}

// Note is what is noted beside a package.
type Note struct {
	Source    string
	At        time.Time
	Signature string
	SignedBy  string
}

// storedVersion is the version by which the store knows a package.
func storedVersion(a *Archive) string {
	return cmp.Or(a.Metadata.Version, "0.0.0+"+a.SHA256[:12])
}

func (s *Store) path(elements ...string) string {
	return filepath.Join(append([]string{s.Dir}, elements...)...)
}

// Install takes a package into the store and makes it ready to run. It returns
// what is in the store now, and whether that is new: the same bytes again change
// nothing but a signature that was not there before, other bytes under the same
// name and version are refused (*diag.Failure).
func (s *Store) Install(ctx context.Context, a *Archive, note Note) (installed *Installed, added bool, err error) {
	err = s.locked(ctx, func() error {
		installed, added, err = s.install(a, note)
		return err
	})
	if err != nil {
		return nil, false, err
	}
	if _, err := s.Deploy(ctx, installed); err != nil {
		return nil, false, err
	}
	return installed, added, nil
}

func (s *Store) install(a *Archive, note Note) (*Installed, bool, error) {
	m := a.Metadata
	version := storedVersion(a)
	old, err := s.read(m.Name, version)
	if err == nil && old.SHA256 != a.SHA256 {
		return nil, false, failure(diag.StoreConflict, a.File,
			fmt.Sprintf("%s %s is installed with other content (sha256 %s… there, %s… here); a version is never replaced", m.Name, version, old.SHA256[:12], a.SHA256[:12]),
			fmt.Sprintf("give the package a new version, or run `devpm ext remove %s@%s` first", m.Name, version))
	}
	var broken *diag.Failure
	if err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.As(err, &broken) {
		return nil, false, err
	}
	blob := s.path(blobDir, a.SHA256+".zip")
	if err := s.keepBlob(blob, a); err != nil {
		return nil, false, err
	}
	info, err := os.Stat(blob)
	if err != nil {
		return nil, false, err
	}
	entry := indexed{
		Index: indexKind, Name: m.Name, Version: version, SHA256: a.SHA256, Size: info.Size(), Modified: info.ModTime().UnixNano(),
		Source: note.Source, At: note.At.UTC().Truncate(time.Second), Signature: note.Signature, SignedBy: note.SignedBy,
	}
	text, err := a.ReadFile(MetadataName)
	if err != nil {
		return nil, false, err
	}
	entry.Metadata = string(text)
	if old != nil {
		entry.Source, entry.At = old.Source, old.At
		if entry.Signature == "" || entry.SignedBy == "" && old.SignedBy != "" {
			entry.Signature, entry.SignedBy = old.Signature, old.SignedBy
		}
	}
	out, err := json.MarshalIndent(entry, "", "  ")
	if err != nil {
		return nil, false, err
	}
	file := s.path(indexDir, m.Name, version+".json")
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return nil, false, err
	}
	if before, err := os.ReadFile(file); err != nil || string(before) != string(out)+"\n" {
		if err := fsx.WriteFileAtomic(file, append(out, '\n'), 0o600); err != nil {
			return nil, false, err
		}
	}
	installed, err := s.read(m.Name, version)
	return installed, old == nil, err
}

// keepBlob writes the archive unless its very bytes are there.
func (s *Store) keepBlob(blob string, a *Archive) error {
	if sum, err := fsx.HashBelow(filepath.Dir(blob), filepath.Base(blob)); err == nil && sum == a.SHA256 {
		return nil
	}
	return fsx.WriteFileAtomic(blob, a.content, 0o600)
}

// locked does work while no other process changes the store. It makes the store.
func (s *Store) locked(ctx context.Context, work func() error) error {
	for _, dir := range []string{s.Dir, s.path(blobDir), s.path(indexDir), s.path(cacheDir)} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return err
		}
	}
	lock, err := fsx.WaitLock(ctx, s.path(lockName))
	if err != nil {
		return err
	}
	err = work()
	return errors.Join(err, lock.Release())
}

// read reads one entry of the index; the error is fs.ErrNotExist or a
// *diag.Failure for a file that is damaged.
func (s *Store) read(name, version string) (*Installed, error) {
	file := s.path(indexDir, name, version+".json")
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var e indexed
	damaged := func(why string) error {
		return failure(diag.StoreDamaged, file, "the store's entry for "+name+" "+version+" "+why, fmt.Sprintf("run `devpm ext remove %s@%s`, then install the package again", name, version))
	}
	if err := json.Unmarshal(text, &e); err != nil {
		return nil, damaged("cannot be read")
	}
	sum, err := hex.DecodeString(e.SHA256)
	if err != nil || len(sum) != sha256.Size || e.Index != indexKind || e.Name != name || e.Version != version {
		return nil, damaged("is not about it")
	}
	i := &Installed{
		Name: e.Name, Version: e.Version, SHA256: e.SHA256, Size: e.Size, Source: e.Source, At: e.At, Signature: e.Signature, SignedBy: e.SignedBy,
		blob: s.path(blobDir, e.SHA256+".zip"), mtime: e.Modified,
	}
	var found diag.Collector
	i.Metadata = ReadMetadata(name+" "+version+": "+MetadataName, []byte(e.Metadata), &found)
	if err := found.Err(); err != nil {
		return nil, err
	}
	i.Warnings = found.List()
	return i, nil
}

// List returns all packages by name, and each one's versions newest first.
// Entries that are damaged are findings, not packages. A store that is not there
// is empty.
func (s *Store) List() ([]*Installed, diag.List, error) {
	names, err := os.ReadDir(s.path(indexDir))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	var out []*Installed
	var faults diag.List
	for _, n := range names {
		some, found, err := s.versions(n.Name())
		if err != nil {
			return nil, nil, err
		}
		out, faults = append(out, some...), append(faults, found...)
	}
	return out, faults.Sorted(), nil
}

// versions are those of one name, newest first.
func (s *Store) versions(name string) ([]*Installed, diag.List, error) {
	if !ValidName(name) {
		return nil, nil, nil
	}
	files, err := os.ReadDir(s.path(indexDir, name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	var out []*Installed
	var faults diag.List
	for _, f := range files {
		version, ok := strings.CutSuffix(f.Name(), ".json")
		if !ok || !versionForm.MatchString(version) {
			continue
		}
		i, err := s.read(name, version)
		var broken *diag.Failure
		switch {
		case errors.As(err, &broken):
			faults = append(faults, broken.List...)
		case errors.Is(err, fs.ErrNotExist): // another process removed it
		case err != nil:
			return nil, nil, err
		default:
			out = append(out, i)
		}
	}
	slices.SortStableFunc(out, func(a, b *Installed) int { return compareVersions(b.Version, a.Version) })
	return out, faults, nil
}

// compareVersions orders semantic versions; what is equal as such goes by its
// text.
func compareVersions(a, b string) int {
	va, errA := looseVersion(a)
	vb, errB := looseVersion(b)
	if errA == nil && errB == nil {
		if order := va.Compare(vb); order != 0 {
			return order
		}
	}
	return strings.Compare(a, b)
}

func failure(code diag.Code, file, message, fix string) error {
	return diag.List{{Code: code, Range: diag.Range{File: file}, Message: message, Fix: fix}}.Err()
}
