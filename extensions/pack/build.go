package pack

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/moby/patternmatcher"
	"github.com/moby/patternmatcher/ignorefile"

	"github.com/devpm/devpm/diag"
)

// IgnoreName is a file beside extension.yml that says what else stays out of the
// package, as .dockerignore does.
const IgnoreName = ".devpmignore"

// leftOut never is a part of a package: what versions, caches and builds leave.
var leftOut = []string{
	"**/.git", "**/.hg", "**/.svn", "**/__pycache__", "**/*.pyc", "**/.DS_Store", "**/.idea", "**/.vscode", "**/*" + SignatureSuffix,
	"dist", ".venv", ".odpm", IgnoreName,
}

// SignatureSuffix is what a signature's file has behind the name of what it
// signs.
const SignatureSuffix = ".minisig"

// epoch is the time of every file in a package: the first that a zip can say.
var epoch = time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)

// Build makes a package of a directory. The same files give the same bytes, on
// any machine: names are sorted, times are fixed, and whether a file is
// executable is read from what it is, not from its mode. It returns nil, with
// findings, when the directory is no package; the error is one of the file
// system.
func Build(dir, shown string, c *diag.Collector) (*Archive, error) {
	b, err := openSource(dir, shown, c)
	if b == nil || err != nil {
		return nil, err
	}
	defer b.root.Close()
	if err := b.walk(); err != nil || b.faults > 0 {
		return nil, err
	}
	if !slices.Contains(b.names, MetadataName) {
		c.Add(missingFile(MetadataName, b.names, shown))
		return nil, nil
	}
	text, err := b.root.ReadFile(MetadataName)
	if err != nil {
		return nil, err
	}
	var found diag.Collector
	m := ReadMetadata(path.Join(shown, MetadataName), text, &found)
	if m != nil && !found.HasErrors() {
		m.CheckBuild(&found)
		b.ownWheels(m)
		m.CheckFiles(func(name string) bool { return slices.Contains(b.names, name) }, b.names, shown, &found)
	}
	// What is said of a version that is missing is said once, as an error.
	for _, d := range found.List() {
		if d.Severity == diag.Warning && found.HasErrors() && (d.Code == diag.PackageVersion || d.Code == diag.PackageZipSafe) {
			continue
		}
		c.Add(d)
	}
	if m == nil || found.HasErrors() {
		return nil, nil
	}
	content, err := b.pack(m)
	if err != nil || b.faults > 0 {
		return nil, err
	}
	// Whatever was built must be what others accept.
	var again diag.Collector
	a := ReadArchive(shown, content, &again)
	if a == nil {
		c.Add(again.List()...)
	}
	return a, nil
}

// source is a directory that becomes a package.
type source struct {
	root   *os.Root
	shown  string
	c      *diag.Collector
	ignore *patternmatcher.PatternMatcher
	names  []string
	faults int
}

// openSource returns nil, with a finding, when the patterns cannot be read.
func openSource(dir, shown string, c *diag.Collector) (*source, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	ignored := func(message, fix string) (*source, error) {
		c.Add(diag.Diagnostic{Code: diag.BuildSource, Range: diag.Range{File: path.Join(shown, IgnoreName)}, Message: message, Fix: fix})
		return nil, root.Close()
	}
	text, err := root.ReadFile(IgnoreName)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		// Going on without it would pack what it was to keep out.
		if p := new(fs.PathError); errors.As(err, &p) {
			err = p.Err
		}
		return ignored("it cannot be read: "+err.Error(), "put a file there that you can read, or remove it")
	}
	more, err := ignorefile.ReadAll(bytes.NewReader(text))
	if err == nil {
		_, err = patternmatcher.New(more)
	}
	if err != nil {
		return ignored("a pattern cannot be read: "+err.Error(), "write patterns as in .dockerignore, one a line")
	}
	ignore, err := patternmatcher.New(append(more, leftOut...)) // nothing brings back what never belongs in
	if err != nil {
		return nil, errors.Join(err, root.Close())
	}
	return &source{root: root, shown: shown, c: c, ignore: ignore}, nil
}

func (b *source) fault(name, message, fix string) {
	b.faults++
	if b.faults <= maxFindings {
		b.c.Add(diag.Diagnostic{Code: diag.BuildSource, Range: diag.Range{File: path.Join(b.shown, name)}, Message: message, Fix: fix})
	}
}

// walk lists the files that go in, sorted.
func (b *source) walk() error {
	var total int64
	names := newClashes()
	err := fs.WalkDir(b.root.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || name == "." {
			return err
		}
		out, err := b.ignore.MatchesOrParentMatches(name)
		if err != nil {
			return err
		}
		if out {
			if d.IsDir() && !b.ignore.Exclusions() {
				return fs.SkipDir
			}
			return nil
		}
		if d.IsDir() {
			return nil
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		const leave = "leave it out with a line in " + IgnoreName + ", or put a plain file in its place"
		switch why, before := kindFault(info.Mode()&^(fs.ModeSetuid|fs.ModeSetgid|fs.ModeSticky)), ""; {
		case why != "":
			b.fault(name, "this must not be in a package: "+why, leave)
			return nil
		case nameFault(name) != "":
			b.fault(name, "this must not be in a package: "+nameFault(name), "rename it, or leave it out with a line in "+IgnoreName)
			return nil
		default:
			if before = names.add(name, false); before != "" {
				b.fault(name, fmt.Sprintf("%q and %q are one file on some systems", before, name), "rename one of the two")
				return nil
			}
		}
		total += info.Size()
		if len(b.names) == MaxEntries || total > MaxContent {
			b.fault(name, fmt.Sprintf("the package gets larger than %d files or %d MiB", MaxEntries, MaxContent>>20), "leave out what it does not need, with lines in "+IgnoreName)
			return fs.SkipAll
		}
		b.names = append(b.names, name)
		return nil
	})
	slices.Sort(b.names)
	return err
}

// ownWheels leaves out the wheels of other packages, as the vendor's tool does.
func (b *source) ownWheels(m *Metadata) {
	b.names = slices.DeleteFunc(b.names, func(name string) bool {
		w, err := ParseWheel(path.Base(name))
		if !isWheel(name) || err != nil || w.Of(m.Name, m.Version) {
			return false
		}
		b.c.Add(diag.Diagnostic{Code: diag.ArchiveWheel, Severity: diag.Warning, Range: diag.Range{File: path.Join(b.shown, name)},
			Message: "the wheel is another package's, and is left out", Fix: fmt.Sprintf("a wheel in dep/ has the name and version of the extension: %s-%s-…", wheelName(m.Name), m.Version)})
		return true
	})
}

// pack writes the archive: sizes before the content, no times, no owners.
func (b *source) pack(m *Metadata) ([]byte, error) {
	programs := m.programs()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for _, name := range b.names {
		content, err := b.root.ReadFile(filepath.FromSlash(name))
		if err != nil {
			return nil, fmt.Errorf("reading %s: %w", name, err)
		}
		if len(content) > MaxContent {
			return nil, fmt.Errorf("%s grew while it was read", name)
		}
		if privateKey(content) {
			b.fault(name, "this is a private key, and whoever gets the package could sign with it", "leave it out with a line in "+IgnoreName+", or better, keep it elsewhere")
		}
		packed, err := deflate(content)
		if err != nil {
			return nil, err
		}
		h := &zip.FileHeader{Name: name, Method: zip.Deflate, CRC32: crc32.ChecksumIEEE(content), UncompressedSize64: uint64(len(content))}
		if len(packed) >= len(content) || len(content) > ratioFrom && len(content)/len(packed) > maxRatio {
			h.Method, packed = zip.Store, content
		}
		h.CompressedSize64 = uint64(len(packed))
		h.SetModTime(epoch) //nolint:staticcheck // CreateRaw writes no other time
		if strings.IndexFunc(name, func(r rune) bool { return r >= utf8.RuneSelf }) >= 0 {
			h.Flags |= flagUTF8
		}
		h.SetMode(0o644)
		if slices.Contains(programs, name) || runnable(content) {
			h.SetMode(0o755)
		}
		w, err := z.CreateRaw(h)
		if err == nil {
			_, err = w.Write(packed)
		}
		if err != nil {
			return nil, fmt.Errorf("packing %s: %w", name, err)
		}
	}
	if err := z.Close(); err != nil {
		return nil, fmt.Errorf("packing: %w", err)
	}
	return out.Bytes(), nil
}

func deflate(content []byte) ([]byte, error) {
	var out bytes.Buffer
	w, err := flate.NewWriter(&out, flate.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := io.Copy(w, bytes.NewReader(content)); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// programs are the files that the metadata says are started.
func (m *Metadata) programs() []string {
	var out []string
	for _, name := range m.Binaries {
		out = append(out, name)
	}
	if m.Runtime == Exec && m.Entry != "" {
		out = append(out, m.Entry)
	}
	return out
}

// runnable reports whether content is a script with its interpreter, or a program
// of a system that has modes.
func runnable(content []byte) bool {
	for _, magic := range []string{"#!", "\x7fELF", "\xcf\xfa\xed\xfe", "\xca\xfe\xba\xbe"} {
		if strings.HasPrefix(string(content[:min(len(content), 4)]), magic) {
			return true
		}
	}
	return false
}
