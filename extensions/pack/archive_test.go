package pack_test

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/extensions/pack"
)

const tools = "extension:\n  name: tools\n  version: \"1.2.3\"\n  api_level: \"1.4.0\"\n"

// file is an entry of an archive that a test makes.
type file struct {
	name    string
	content string
	mode    fs.FileMode
}

// pair are the two files that every Stonebranch package has.
var pair = []file{{name: "extension.yml", content: tools}, {name: "extension.py", content: "class Extension: pass\n"}}

// archive writes a zip as common programs do.
func archive(t testing.TB, files ...file) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, f := range files {
		h := &zip.FileHeader{Name: f.name, Method: zip.Deflate}
		h.SetMode(0o644 | f.mode)
		w, err := z.CreateHeader(h)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(f.content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// plain writes a zip with stored entries and nothing beside them, to be damaged
// at known offsets.
func plain(files ...file) []byte {
	var b, dir bytes.Buffer
	le := binary.LittleEndian
	for _, f := range files {
		fixed := make([]byte, 26)
		le.PutUint16(fixed[0:], 20)
		le.PutUint32(fixed[10:], crc32.ChecksumIEEE([]byte(f.content)))
		le.PutUint32(fixed[14:], uint32(len(f.content)))
		le.PutUint32(fixed[18:], uint32(len(f.content)))
		le.PutUint16(fixed[22:], uint16(len(f.name)))
		at := b.Len()
		b.WriteString("PK\x03\x04" + string(fixed) + f.name + f.content)
		tail := make([]byte, 14)
		le.PutUint32(tail[10:], uint32(at))
		dir.WriteString("PK\x01\x02\x14\x03" + string(fixed) + string(tail) + f.name)
	}
	end := make([]byte, 18)
	le.PutUint16(end[4:], uint16(len(files)))
	le.PutUint16(end[6:], uint16(len(files)))
	le.PutUint32(end[8:], uint32(dir.Len()))
	le.PutUint32(end[12:], uint32(b.Len()))
	return append(append(b.Bytes(), dir.Bytes()...), append([]byte("PK\x05\x06"), end...)...)
}

// open checks an archive and gives the findings as lines.
func open(t testing.TB, content []byte) (*pack.Archive, []string) {
	t.Helper()
	var c diag.Collector
	a := pack.ReadArchive("a.zip", content, &c)
	var lines []string
	for _, d := range c.List() {
		lines = append(lines, d.String())
	}
	return a, lines
}

// UEX-01: the seed's extension.yml and archive tree, verbatim.
func TestTheSeedsArchiveIsAccepted(t *testing.T) {
	text := seed(t)
	a, found := open(t, archive(t, file{name: "extension.py", content: "class Extension: pass\n"}, file{name: "extension.yml", content: text},
		file{name: "test/", mode: fs.ModeDir}, file{name: "test/test1.py"}, file{name: "test/test2.py"}, file{name: "test/test3.py"}))
	if a == nil {
		t.Fatal(found)
	}
	if a.Metadata.Name != "extension1" || len(a.Entries) != 5 || a.Entries[2].Name != "test/test1.py" {
		t.Errorf("got %+v %+v", a.Metadata, a.Entries)
	}
	if got, err := a.ReadFile("extension.yml"); err != nil || string(got) != text {
		t.Errorf("got %q %v", got, err)
	}
}

func with(more ...file) []file { return append(append([]file{}, pair...), more...) }

func TestArchivesThatAreRefused(t *testing.T) {
	long := strings.Repeat("d/", 300) + "f"
	many := make([]file, pack.MaxEntries+1)
	for i := range many {
		many[i].name = fmt.Sprintf("f%d", i)
	}
	tests := []struct {
		name  string
		files []file
		want  []string // in the findings
	}{
		{"UEX-02 without extension.yml", []file{pair[1]}, []string{"a.zip: error DPM7431: extension.yml is missing at the root of the package"}},
		{"UEX-02 without extension.py", []file{pair[0]}, []string{"a.zip: error DPM7431: extension.py is missing at the root of the package"}},
		{"UEX-02 both in a directory", []file{{name: "src/extension.yml", content: tools}, {name: "src/extension.py"}}, []string{
			"DPM7431: extension.py is missing at the root of the package; it is in src/", "DPM7431: extension.yml is missing at the root of the package; it is in src/"}},
		{"a float in extension.yml", []file{pair[1], {name: "extension.yml", content: "extension:\n  name: a\n  api_level: 1.4\n  version: \"1.0.0\"\n"}}, []string{"a.zip: extension.yml:3:14: error DPM7403"}},
		{"ONE-17", []file{pair[1], {name: "extension.yml", content: strings.Replace(tools, "1.4.0", "9.0.0", 1)}}, []string{"a.zip: extension.yml:4:14: error DPM7408: extension.api_level: the API level 9.0.0 is not known"}},
		{"UEX-29 a name that leads out", with(file{name: "../evil"}), []string{`DPM7432: the entry "../evil" must not be in a package: its name leads out`}},
		{"… in the middle", with(file{name: "a/../../evil"}), []string{"its name leads out"}},
		{"UEX-29 an absolute name", with(file{name: "/etc/passwd"}), []string{`DPM7432: the entry "/etc/passwd" must not be in a package: its name is absolute`}},
		{"a backslash", with(file{name: `..\evil`}), []string{"holds a backslash"}},
		{"a drive", with(file{name: "C:/evil"}), []string{"drive letter"}},
		{"a stream of Windows", with(file{name: "a.txt:b"}), []string{"that Windows does not allow"}},
		{"a device of Windows", with(file{name: "lib/NUL.txt"}), []string{"keeps for a device"}},
		{"a dot at the end", with(file{name: "lib./a"}), []string{"ends in a dot"}},
		{"an empty element", with(file{name: "a//b"}), []string{"empty element"}},
		{"a NUL", with(file{name: "a\x00b"}), []string{"holds a NUL"}},
		{"a control character", with(file{name: "a\x1b[31m"}), []string{`DPM7432: the entry "a\x1b[31m" must not`}},
		{"no UTF-8", with(file{name: "a\xff"}), []string{"not UTF-8"}},
		{"a long name", with(file{name: long}), []string{"601 bytes; 512 are allowed"}},
		{"a long element", with(file{name: strings.Repeat("x", 256)}), []string{"256 bytes; 255 are allowed"}},
		{"UEX-29 a link", with(file{name: "link", content: "/etc/passwd", mode: fs.ModeSymlink}), []string{`DPM7433: the entry "link" must not be in a package: it is a symbolic link`}},
		{"a device", with(file{name: "dev", mode: fs.ModeDevice}), []string{"DPM7433", "a device"}},
		{"a pipe", with(file{name: "pipe", mode: fs.ModeNamedPipe}), []string{"DPM7433"}},
		{"setuid", with(file{name: "su", mode: fs.ModeSetuid | 0o111}), []string{"it has the setuid bit"}},
		{"setgid", with(file{name: "su", mode: fs.ModeSetgid}), []string{"it has the setgid bit"}},
		{"a name twice", with(file{name: "a"}, file{name: "a"}), []string{`DPM7434: the entry "a" is there twice`}},
		{"upper and lower case", with(file{name: "lib/A.py"}, file{name: "lib/a.py"}), []string{`DPM7434: the entries "lib/A.py" and "lib/a.py" are one file`}},
		{"directories in two cases", with(file{name: "Lib/a.py"}, file{name: "lib/b.py"}), []string{"DPM7434"}},
		{"accents in two ways", with(file{name: "\u00e9"}, file{name: "e\u0301"}), []string{"DPM7434"}},
		{"a letter that others write as two", with(file{name: "stra\u00dfe"}, file{name: "STRASSE"}), []string{"DPM7434"}},
		{"a character that turns letters around", with(file{name: "a\u202etxt.py"}), []string{`the entry "a\u202etxt.py" must not be in a package: its name holds a character that nobody sees`}},
		{"a character that joins letters", with(file{name: "extension\u200d.py"}), []string{"nobody sees"}},
		{"a directory by its mode alone", with(file{name: "lib", mode: fs.ModeDir}), []string{`the entry "lib" is a file by its name and a directory by its mode`}},
		{"where wheels are extracted to", with(file{name: ".Wheels/tools-1.2.3-py3-none-any/a.py"}), []string{`DPM7432: the entry ".Wheels/tools-1.2.3-py3-none-any/a.py" must not be in a package: wheels are extracted to .wheels`}},
		{"a file that is a directory", with(file{name: "a"}, file{name: "a/b"}), []string{"DPM7434"}},
		{"a directory that is a file", with(file{name: "a/b"}, file{name: "a"}), []string{"DPM7434"}},
		{"too many", many, []string{"DPM7430: it has 10001 entries; 10000 are allowed"}},
		{"a bomb", with(file{name: "zeros", content: strings.Repeat("\x00", 8<<20)}), []string{`DPM7435: the entry "zeros" unpacks to more than 100 times its size`}},
		{"UEX-19 wheels in an archive that is not extracted", with(file{name: "dep/tools-1.2.3-py3-none-any.whl"}), []string{"DPM7437: dep/tools-1.2.3-py3-none-any.whl: wheels need a package that is extracted"}},
		{"a wheel that is none", with(file{name: "dep/tools.whl"}), []string{"DPM7437: dep/tools.whl: this is not the name of a wheel"}},
		{"all at once", with(file{name: "../a"}, file{name: "/b"}, file{name: "c", mode: fs.ModeSymlink}), []string{"../a", "/b", `"c"`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a, found := open(t, archive(t, tt.files...))
			if a != nil {
				t.Fatal("it was accepted")
			}
			all := strings.Join(found, "\n")
			for _, want := range tt.want {
				if !strings.Contains(all, want) {
					t.Errorf("%q is missing in\n%s", want, all)
				}
			}
		})
	}
}

func TestTheWholeContentIsBounded(t *testing.T) {
	var noise, packed bytes.Buffer
	for i := range 1 << 18 {
		fmt.Fprintf(&noise, "%d,", i*i%9973)
	}
	w, err := flate.NewWriter(&packed, flate.BestSpeed)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(noise.Bytes()); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := range 64<<20/noise.Len() + 1 {
		h := &zip.FileHeader{Name: fmt.Sprintf("f%d", i), Method: zip.Deflate, CRC32: crc32.ChecksumIEEE(noise.Bytes()),
			CompressedSize64: uint64(packed.Len()), UncompressedSize64: uint64(noise.Len())}
		w, err := z.CreateRaw(h)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(packed.Bytes()); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if a, found := open(t, b.Bytes()); a != nil || len(found) != 1 || !strings.Contains(found[0], "DPM7435: it unpacks to more than 64 MiB") {
		t.Errorf("got %v, %q", a, found)
	}
}

// Archives in which two places say two things.
func TestArchivesThatLie(t *testing.T) {
	le := binary.LittleEndian
	base := plain(pair...)
	at := func(s string, n int) int { // offset of the n-th signature
		i := -1
		for range n {
			i += 1 + bytes.Index(base[i+1:], []byte(s))
		}
		return i
	}
	local, central, end := at("PK\x03\x04", 1), at("PK\x01\x02", 1), at("PK\x05\x06", 1)
	second, secondCentral := at("PK\x03\x04", 2), at("PK\x01\x02", 2)
	if a, found := open(t, base); a == nil {
		t.Fatal(found) // else the rows below show nothing
	}
	tests := []struct {
		name   string
		change func([]byte) []byte
		want   string
	}{
		{"another name before the file", func(b []byte) []byte { b[local+30] = 'X'; return b }, "has another name in the directory"},
		{"another size", func(b []byte) []byte { le.PutUint32(b[local+22:], 1); return b }, "described in two ways"},
		{"another checksum", func(b []byte) []byte { b[local+14] ^= 1; return b }, "described in two ways"},
		{"another method", func(b []byte) []byte { b[local+8] = 8; return b }, "described in two ways"},
		{"a wrong checksum in both", func(b []byte) []byte { b[local+14] ^= 1; b[central+16] ^= 1; return b }, "its checksum is another"},
		{"entries that overlap", func(b []byte) []byte { le.PutUint32(b[secondCentral+42:], uint32(local)); return b }, "overlaps"},
		{"an offset into nowhere", func(b []byte) []byte { le.PutUint32(b[secondCentral+42:], uint32(second+1)); return b }, "belong to nothing"},
		{"trailing data", func(b []byte) []byte { return append(b, "more"...) }, "something follows its end"},
		{"a prefix", func(b []byte) []byte { return append([]byte("#!/bin/sh\n"), b...) }, "directory does not end where"},
		{"two ends", func(b []byte) []byte {
			le.PutUint16(b[end+20:], 22)
			return append(b, append([]byte("PK\x05\x06"), make([]byte, 18)...)...)
		}, "two ends"},
		{"an end in the comment that others take", func(b []byte) []byte {
			// A whole archive in the comment, with something behind it: archive/zip and
			// Python's importer read that one.
			inner := append(plain(file{name: "extension.yml", content: tools}, file{name: "extension.py", content: "evil"}), "more"...)
			le.PutUint16(b[end+20:], uint16(len(inner)))
			return append(b, inner...)
		}, "two ends"},
		{"an end in the comment that says too much", func(b []byte) []byte {
			inner := plain(file{name: "extension.yml", content: tools}, file{name: "extension.py", content: "evil"})
			le.PutUint16(inner[len(inner)-2:], 9)
			le.PutUint16(b[end+20:], uint16(len(inner)))
			return append(b, inner...)
		}, "two ends"},
		{"a name in no alphabet", func([]byte) []byte { return plain(with(file{name: "\u00e9.py"})...) }, "does not say in which alphabet"},
		{"encrypted", func(b []byte) []byte { b[central+8] |= 1; b[local+6] |= 1; return b }, "DPM7436: \"extension.yml\" is encrypted"},
		{"zip64 in the directory", func(b []byte) []byte { le.PutUint32(b[central+24:], 0xffffffff); return b }, "zip64"},
		{"zip64 at the end", func(b []byte) []byte { le.PutUint16(b[end+10:], 0xffff); return b }, "zip64"},
		{"fewer entries than it says", func(b []byte) []byte { b[end+8], b[end+10] = 3, 3; return b }, "says that it has 3 entries and has 2"},
		{"several files", func(b []byte) []byte { b[end+4] = 1; return b }, "several files"},
		{"cut off", func(b []byte) []byte { return b[:len(b)-4] }, "cut off"},
		{"no zip", func([]byte) []byte { return []byte("hello") }, "is not a zip archive"},
		{"empty", func([]byte) []byte { return nil }, "is not a zip archive"},
		{"an unknown method", func(b []byte) []byte { b[central+10], b[local+8] = 12, 12; return b }, "a way that devpm does not know (12)"},
		{"stored with two sizes", func(b []byte) []byte { b[central+24] ^= 1; b[local+22] ^= 1; return b }, "two sizes"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a, found := open(t, tt.change(bytes.Clone(base)))
			if a != nil {
				t.Fatal("it was accepted")
			}
			if !strings.Contains(strings.Join(found, "\n"), tt.want) {
				t.Errorf("%q is missing in %q", tt.want, found)
			}
		})
	}
}

// Bytes that nobody unpacks: behind what is packed, and in a directory.
func TestNothingIsHiddenInAnArchive(t *testing.T) {
	var packed bytes.Buffer
	w, err := flate.NewWriter(&packed, flate.BestSpeed)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte("content")); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	raw := func(h *zip.FileHeader, content []byte) []byte {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		for _, f := range pair {
			w, err := z.Create(f.name)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := w.Write([]byte(f.content)); err != nil {
				t.Fatal(err)
			}
		}
		h.CompressedSize64 = uint64(len(content))
		w, err := z.CreateRaw(h)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(content); err != nil {
			t.Fatal(err)
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	header := func() *zip.FileHeader {
		return &zip.FileHeader{Name: "a", Method: zip.Deflate, CRC32: crc32.ChecksumIEEE([]byte("content")), UncompressedSize64: 7}
	}
	if a, found := open(t, raw(header(), packed.Bytes())); a == nil {
		t.Fatal(found) // else the rows below show nothing
	}
	for _, tt := range []struct {
		content []byte
		want    string
	}{
		{raw(header(), append(packed.Bytes(), "hidden"...)), `the entry "a" is damaged: 6 bytes behind its content belong to nothing`},
		{raw(header(), packed.Bytes()[:4]), `the entry "a" is damaged: it cannot be unpacked`},
		{bytes.ReplaceAll(raw(&zip.FileHeader{Name: "d~", Method: zip.Deflate}, []byte("\x03\x00hidden")), []byte("d~"), []byte("d/")), `the directory "d" has content`},
	} {
		if a, found := open(t, tt.content); a != nil || !strings.Contains(strings.Join(found, "\n"), tt.want) {
			t.Errorf("got %v, %q, want %q", a, found, tt.want)
		}
	}
}

// A package and its wheels end in one directory, so they are counted together,
// and a wheel that is wrong is known before anything is installed.
func TestWheelsAreCheckedWithTheirPackage(t *testing.T) {
	many := make([]file, 6000)
	for i := range many {
		many[i].name = fmt.Sprintf("f%d", i)
	}
	text := file{name: "extension.yml", content: tools + "  zip_safe: false\n"}
	wheel := func(tag string, files ...file) file {
		return file{name: "dep/tools-1.2.3-" + tag + "-none-any.whl", content: string(plain(files...))}
	}
	for _, tt := range []struct {
		name  string
		files []file
		want  string // "" when it is accepted
	}{
		{"two good ones", []file{text, pair[1], wheel("py2", file{name: "a.py"}), wheel("py3", file{name: "a.py"})}, ""},
		{"one that leads out", []file{text, pair[1], wheel("py3", file{name: "../evil"})}, `a.zip: dep/tools-1.2.3-py3-none-any.whl: error DPM7432: the entry "../evil" must not`},
		{"one that is no archive", []file{text, pair[1], {name: "dep/tools-1.2.3-py3-none-any.whl", content: "no"}}, "a.zip: dep/tools-1.2.3-py3-none-any.whl: error DPM7430: it is not a zip archive"},
		{"too many files together", []file{text, pair[1], wheel("py2", many...), wheel("py3", many...)}, "DPM7435: with its wheels it has 12004 files; 10000 are allowed"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a, found := open(t, archive(t, tt.files...))
			if tt.want == "" != (a != nil) || tt.want != "" && !strings.Contains(strings.Join(found, "\n"), tt.want) {
				t.Errorf("got %v, %q", a, found)
			}
		})
	}
}

func TestAnArchiveIsReadFromADisk(t *testing.T) {
	var c diag.Collector
	dir := t.TempDir()
	if _, err := pack.OpenArchive(filepath.Join(dir, "absent.zip"), &c); err == nil {
		t.Error("no error for a file that is not there")
	}
	if _, err := pack.OpenArchive(dir, &c); err == nil {
		t.Error("no error for a directory")
	}
	large := filepath.Join(dir, "large.zip")
	if err := os.WriteFile(large, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(large, pack.MaxArchive+1); err != nil {
		t.Fatal(err)
	}
	if a, err := pack.OpenArchive(large, &c); a != nil || err != nil || !strings.Contains(c.Err().Error(), "DPM7435") {
		t.Errorf("got %v %v %v", a, err, c.List())
	}
}

func FuzzOpenArchive(f *testing.F) {
	f.Add(plain(pair...))
	f.Add(archive(f, pair...))
	f.Add(archive(f, with(file{name: "../a"}, file{name: "b/", mode: fs.ModeDir})...))
	f.Add([]byte("PK\x05\x06" + strings.Repeat("\x00", 18)))
	f.Fuzz(func(t *testing.T, content []byte) {
		var c diag.Collector
		a := pack.ReadArchive("a.zip", content, &c)
		if (a == nil) != c.HasErrors() {
			t.Fatalf("accepted %t with %v", a != nil, c.List())
		}
		if a == nil {
			return
		}
		for _, e := range a.Entries {
			if !fs.ValidPath(e.Name) {
				t.Fatalf("accepted %q", e.Name)
			}
			if _, err := a.ReadFile(e.Name); err != nil {
				t.Fatal(err)
			}
		}
	})
}
