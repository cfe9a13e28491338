package pack

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/devpm/devpm/diag"
)

// Limits of a package (specification of extension systems, §6.11).
const (
	MaxArchive  = 64 << 20 // bytes, packed
	MaxContent  = 64 << 20 // bytes, unpacked, all files together
	MaxEntries  = 10_000
	maxRatio    = 100     // unpacked to packed, of a file of more than ratioFrom bytes
	ratioFrom   = 1 << 20 // what is smaller cannot do harm
	maxFindings = 20      // an archive with more faults was made to have them

	emptyDeflate = 2 // bytes of nothing that was packed
)

// Archive is a package that was read and checked whole. It holds the bytes that
// were checked, so that nobody can exchange them behind its back.
type Archive struct {
	File     string // as shown in diagnostics
	SHA256   string // of the bytes, 64 hexadecimal digits
	Metadata *Metadata
	Entries  []Entry // by name

	content []byte
	files   map[string]*zip.File
	wheels  []unpackedWheel // those in dep/ that are the package's own
}

// OpenArchive reads a package and makes every check; it writes nothing. The
// faults of an archive are reported together; then it returns nil. Warnings
// leave the archive usable. The error is one of the file system.
func OpenArchive(file string, c *diag.Collector) (*Archive, error) {
	content, err := readArchive(file)
	if errors.Is(err, errArchiveSize) {
		c.Add(archiveFault(diag.ArchiveLimit, filepath.ToSlash(file), fmt.Sprintf("it has more than %d MiB", MaxArchive>>20), needless))
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return ReadArchive(filepath.ToSlash(file), content, c), nil
}

var errArchiveSize = errors.New("the archive is too large")

// readArchive reads a file that is no device and no pipe, which would be waited
// for.
func readArchive(file string) ([]byte, error) {
	info, err := os.Stat(file)
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, &os.PathError{Op: "read", Path: file, Err: errors.New("it is not a file")}
	case info.Size() > MaxArchive:
		return nil, errArchiveSize
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, MaxArchive+1))
	if err == nil && len(content) > MaxArchive {
		err = errArchiveSize
	}
	return content, err
}

// ReadArchive is OpenArchive for bytes that are at hand.
func ReadArchive(file string, content []byte, c *diag.Collector) *Archive {
	r := readZip(file, content, c)
	if r.faults == 0 {
		r.metadata()
	}
	if r.faults == 0 {
		r.wheels()
	}
	if r.faults > 0 {
		return nil
	}
	return r.a
}

// readZip makes the checks that do not depend on what the archive is.
func readZip(file string, content []byte, c *diag.Collector) *archiveReader {
	a := &Archive{File: file, content: content, files: map[string]*zip.File{}}
	r := &archiveReader{a: a, c: c}
	if len(content) > MaxArchive {
		r.fault(diag.ArchiveLimit, fmt.Sprintf("it has more than %d MiB", MaxArchive>>20), needless)
		return r
	}
	sum := sha256.Sum256(content)
	a.SHA256 = hex.EncodeToString(sum[:])
	if r.layout() && r.entries() {
		r.contents()
	}
	return r
}

func archiveFault(code diag.Code, file, message, fix string) diag.Diagnostic {
	return diag.Diagnostic{Code: code, Range: diag.Range{File: file}, Message: message, Fix: fix}
}

type archiveReader struct {
	a      *Archive
	c      *diag.Collector
	faults int
}

// What to do about an archive that is wrong, or too large.
const (
	rebuild  = "build the package anew, with `devpm ext build` or a common zip program"
	needless = "a package holds what an extension needs, not its data"
)

func (r *archiveReader) fault(code diag.Code, message, fix string) {
	r.faults++
	if r.faults <= maxFindings {
		r.c.Add(archiveFault(code, r.a.File, message, fix))
	}
}

// layout refuses archives that different programs read in different ways.
func (r *archiveReader) layout() bool {
	fault := checkLayout(r.a.content, MaxEntries)
	switch {
	case fault == nil:
		return true
	case fault.encrypted:
		r.fault(diag.ArchiveEncrypted, fault.message, "build the package without a password")
	default:
		r.fault(diag.ArchiveDamaged, fault.message, rebuild)
	}
	return false
}

// entries judges names, kinds and declared sizes; nothing is unpacked before all
// of them are good.
func (r *archiveReader) entries() bool {
	z, err := zip.NewReader(bytes.NewReader(r.a.content), int64(len(r.a.content)))
	if err != nil {
		r.fault(diag.ArchiveDamaged, "it cannot be read: "+err.Error(), rebuild)
		return false
	}
	var total uint64
	names := newClashes()
	for _, f := range z.File {
		name, dir := strings.CutSuffix(f.Name, "/")
		if why := nameFault(name); why != "" {
			r.fault(diag.ArchiveEntry, fmt.Sprintf("the entry %s must not be in a package: %s", shownName(f.Name), why), "give it a relative name with slashes, inside of the package")
			continue
		}
		if why := kindFault(f.Mode()); why != "" {
			r.fault(diag.ArchiveKind, fmt.Sprintf("the entry %q must not be in a package: %s", name, why), "a package has plain files only")
			continue
		}
		if before := names.add(name, dir); before != "" {
			message := fmt.Sprintf("the entry %q is there twice", name)
			if before != name {
				message = fmt.Sprintf("the entries %q and %q are one file on some systems", before, name)
			}
			r.fault(diag.ArchiveClash, message, "keep one of the two")
			continue
		}
		if f.Method != zip.Store && f.Method != zip.Deflate {
			r.fault(diag.ArchiveDamaged, fmt.Sprintf("the entry %q is packed in a way that devpm does not know (%d)", name, f.Method), rebuild)
			continue
		}
		if dir != f.Mode().IsDir() {
			r.fault(diag.ArchiveDamaged, fmt.Sprintf("the entry %q is a file by its name and a directory by its mode", name), rebuild)
			continue
		}
		if dir {
			if f.UncompressedSize64 > 0 || f.CompressedSize64 > emptyDeflate {
				r.fault(diag.ArchiveDamaged, fmt.Sprintf("the directory %q has content", name), rebuild)
			}
			continue
		}
		total += f.UncompressedSize64
		if f.UncompressedSize64 > ratioFrom && f.UncompressedSize64/max(f.CompressedSize64, 1) > maxRatio {
			r.fault(diag.ArchiveLimit, fmt.Sprintf("the entry %q unpacks to more than %d times its size", name, maxRatio), "store the file unpacked, or leave it out")
		}
		r.a.files[name] = f
		r.a.Entries = append(r.a.Entries, Entry{Name: name, Size: int64(min(f.UncompressedSize64, MaxContent+1)), Executable: f.Mode()&0o111 != 0})
	}
	if total > MaxContent {
		r.fault(diag.ArchiveLimit, fmt.Sprintf("it unpacks to more than %d MiB", MaxContent>>20), needless)
	}
	slices.SortFunc(r.a.Entries, func(x, y Entry) int { return strings.Compare(x.Name, y.Name) })
	return r.faults == 0
}

// shownName quotes a name that may be anything.
func shownName(name string) string {
	const most = 80
	if len(name) > most {
		return fmt.Sprintf("%.*q…", most, name)
	}
	return fmt.Sprintf("%q", name)
}

// contents unpacks every file into nothing, so that sizes and checksums are
// known to be right.
func (r *archiveReader) contents() {
	for _, e := range r.a.Entries {
		if err := r.a.copyTo(io.Discard, e); err != nil {
			r.fault(diag.ArchiveDamaged, fmt.Sprintf("the entry %q is damaged: %s", e.Name, err), rebuild)
		}
	}
}

// copyTo writes the content of an entry, which has exactly its declared size and
// checksum and takes all of its packed bytes: archive/zip stops where the content
// ends, and what is behind that would be nobody's. Errors of w come back as they
// are.
func (a *Archive) copyTo(w io.Writer, e Entry) error {
	f := a.files[e.Name]
	at, err := f.DataOffset()
	if err != nil {
		return errors.New("it cannot be unpacked")
	}
	packed := bytes.NewReader(a.content[at:][:f.CompressedSize64])
	var content io.Reader = packed
	if f.Method == zip.Deflate {
		content = flate.NewReader(packed)
	}
	sum := crc32.NewIEEE()
	n, err := io.Copy(io.MultiWriter(w, sum), io.LimitReader(content, e.Size+1))
	corrupt := flate.CorruptInputError(0)
	switch {
	case errors.As(err, &corrupt), errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("it cannot be unpacked")
	case err != nil:
		return err
	case n != e.Size:
		return fmt.Errorf("it does not have the %d bytes that it says", e.Size)
	case sum.Sum32() != f.CRC32:
		return errors.New("its checksum is another")
	case packed.Len() > 0:
		return fmt.Errorf("%d bytes behind its content belong to nothing", packed.Len())
	}
	return nil
}

// ReadFile is the content of an entry; the error is os.ErrNotExist for a name
// that is not in the package.
func (a *Archive) ReadFile(name string) ([]byte, error) {
	i, ok := a.find(name)
	if !ok {
		return nil, &os.PathError{Op: "read", Path: name, Err: os.ErrNotExist}
	}
	var b bytes.Buffer
	if err := a.copyTo(&b, a.Entries[i]); err != nil {
		return nil, fmt.Errorf("reading %s of %s: %w", name, a.File, err)
	}
	return b.Bytes(), nil
}

// Has reports whether a file is in the package.
func (a *Archive) Has(name string) bool {
	_, ok := a.find(name)
	return ok
}

func (a *Archive) find(name string) (int, bool) {
	return slices.BinarySearchFunc(a.Entries, name, func(e Entry, name string) int { return strings.Compare(e.Name, name) })
}

// Bytes is the archive itself. It must not be changed.
func (a *Archive) Bytes() []byte { return a.content }

// metadata reads extension.yml and judges it together with what is there.
func (r *archiveReader) metadata() {
	a := r.a
	if !a.Has(MetadataName) {
		r.missing(MetadataName)
		if !a.Has(ModuleName) {
			r.missing(ModuleName)
		}
		return
	}
	text, err := a.ReadFile(MetadataName)
	if err != nil {
		r.fault(diag.ArchiveDamaged, err.Error(), rebuild)
		return
	}
	var found diag.Collector
	a.Metadata = ReadMetadata(a.File+": "+MetadataName, text, &found)
	if a.Metadata != nil {
		a.Metadata.CheckFiles(a.Has, names(a.Entries), a.File, &found)
	}
	for _, d := range found.List() {
		if d.Severity == diag.Error {
			r.faults++
		}
		r.c.Add(d)
	}
}

func names(entries []Entry) []string {
	out := make([]string, len(entries))
	for i, e := range entries {
		out[i] = e.Name
	}
	return out
}

func (r *archiveReader) missing(name string) {
	r.faults++
	r.c.Add(missingFile(name, names(r.a.Entries), r.a.File))
}
