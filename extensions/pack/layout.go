package pack

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// A zip says everything twice: before each file, and in the directory at its
// end. Programs that believe one and programs that believe the other then see
// two different packages. layout reads both and accepts only an archive that
// says the same twice, in which every byte belongs to exactly one thing.
// (archive/zip believes the directory and does not compare.)

const (
	localSignature   = "PK\x03\x04"
	centralSignature = "PK\x01\x02"
	endSignature     = "PK\x05\x06"
	locatorSignature = "PK\x06\x07" // of zip64
	descSignature    = "PK\x07\x08"

	localSize   = 30
	centralSize = 46
	endSize     = 22
	locatorSize = 20

	flagEncrypted       = 1 << 0
	flagDescriptor      = 1 << 3
	flagStrongEncrypted = 1 << 6
	flagUTF8            = 1 << 11
	flagMasked          = 1 << 13

	extraUnicodePath = 0x7075

	is64bit16 = 0xffff
	is64bit32 = 0xffffffff
)

// layoutFault is what is wrong with the archive as such.
type layoutFault struct {
	encrypted bool
	message   string
}

func (f *layoutFault) Error() string { return f.message }

func lies(format string, args ...any) *layoutFault {
	return &layoutFault{message: fmt.Sprintf(format, args...)}
}

// record is one file of the archive as the directory has it.
type record struct {
	name             string
	flags, method    uint16
	crc, packed, raw uint32
	offset           uint32 // of its local header
}

// checkLayout compares the two descriptions of an archive. most is how many
// entries it may have.
func checkLayout(b []byte, most int) *layoutFault {
	records, start, fault := readDirectory(b, most)
	if fault != nil {
		return fault
	}
	slices.SortFunc(records, func(x, y record) int { return cmp.Compare(x.offset, y.offset) })
	at := 0
	for _, r := range records {
		if int(r.offset) < at {
			return lies("%q overlaps another entry", r.name)
		}
		if int(r.offset) > at {
			return lies("%d bytes before %q belong to nothing", int(r.offset)-at, r.name)
		}
		end, fault := r.checkLocal(b, start)
		if fault != nil {
			return fault
		}
		at = end
	}
	if at != start {
		return lies("%d bytes before the archive's directory belong to nothing", start-at)
	}
	return nil
}

// readDirectory reads the directory at the end, and where it starts.
func readDirectory(b []byte, most int) ([]record, int, *layoutFault) {
	end, fault := findEnd(b)
	if fault != nil {
		return nil, 0, fault
	}
	le := binary.LittleEndian
	e := b[end:]
	disk, startDisk := le.Uint16(e[4:]), le.Uint16(e[6:])
	here, total := le.Uint16(e[8:]), le.Uint16(e[10:])
	size, start := le.Uint32(e[12:]), le.Uint32(e[16:])
	switch {
	case here == is64bit16 || total == is64bit16 || size == is64bit32 || start == is64bit32,
		end >= locatorSize && string(b[end-locatorSize:end-locatorSize+4]) == locatorSignature:
		return nil, 0, lies("it uses zip64, which an archive of this size does not need")
	case disk != 0 || startDisk != 0 || here != total:
		return nil, 0, lies("it is a part of an archive in several files")
	case int(total) > most:
		return nil, 0, lies("it has %d entries; %d are allowed", total, most)
	case uint64(start)+uint64(size) != uint64(end):
		return nil, 0, lies("its directory does not end where the archive's end begins")
	}
	var records []record
	for at := int(start); at < end; {
		if end-at < centralSize || string(b[at:at+4]) != centralSignature {
			return nil, 0, lies("its directory is damaged")
		}
		h := b[at:end]
		name, extra, comment := int(le.Uint16(h[28:])), int(le.Uint16(h[30:])), int(le.Uint16(h[32:]))
		if len(h) < centralSize+name+extra+comment {
			return nil, 0, lies("its directory is damaged")
		}
		r := record{
			name: string(h[centralSize : centralSize+name]), flags: le.Uint16(h[8:]), method: le.Uint16(h[10:]),
			crc: le.Uint32(h[16:]), packed: le.Uint32(h[20:]), raw: le.Uint32(h[24:]), offset: le.Uint32(h[42:]),
		}
		switch {
		case r.flags&(flagEncrypted|flagStrongEncrypted|flagMasked) != 0:
			return nil, 0, &layoutFault{encrypted: true, message: fmt.Sprintf("%q is encrypted", r.name)}
		case r.packed == is64bit32 || r.raw == is64bit32 || r.offset == is64bit32:
			return nil, 0, lies("it uses zip64, which an archive of this size does not need")
		case le.Uint16(h[34:]) != 0:
			return nil, 0, lies("it is a part of an archive in several files")
		case hasUnicodePath(h[centralSize+name : centralSize+name+extra]):
			return nil, 0, lies("%q has a second name", r.name)
		case r.method == 0 && r.packed != r.raw:
			return nil, 0, lies("%q has two sizes", r.name)
		case r.flags&flagUTF8 == 0 && utf8.ValidString(r.name) && strings.ContainsFunc(r.name, func(c rune) bool { return c >= utf8.RuneSelf }):
			// Python and others then read it in the alphabet of old DOS.
			return nil, 0, lies("%q does not say in which alphabet its name is written", r.name)
		}
		records = append(records, r)
		at += centralSize + name + extra + comment
	}
	if len(records) != int(total) {
		return nil, 0, lies("it says that it has %d entries and has %d", total, len(records))
	}
	return records, int(start), nil
}

// findEnd finds the record at the archive's end, behind which comes its comment
// and nothing else. Programs look for it from behind and differ in what they
// demand of it (Python's take any that has its signature), so the comment must
// not hold that signature again, whatever follows it there.
func findEnd(b []byte) (int, *layoutFault) {
	for at := max(0, len(b)-endSize-0xffff); at <= len(b)-endSize; at++ {
		i := bytes.Index(b[at:], []byte(endSignature))
		if i < 0 || at+i > len(b)-endSize {
			break
		}
		at += i
		if at+endSize+int(binary.LittleEndian.Uint16(b[at+20:])) != len(b) {
			continue
		}
		if bytes.Contains(b[at+4:], []byte(endSignature)) {
			return 0, lies("it has two ends")
		}
		return at, nil
	}
	switch {
	case bytes.HasPrefix(b, []byte(localSignature)) || bytes.HasPrefix(b, []byte(endSignature)):
		return 0, lies("it is cut off, or something follows its end")
	default:
		return 0, lies("it is not a zip archive")
	}
}

func hasUnicodePath(extra []byte) bool {
	for len(extra) >= 4 {
		size := int(binary.LittleEndian.Uint16(extra[2:]))
		if binary.LittleEndian.Uint16(extra) == extraUnicodePath {
			return true
		}
		extra = extra[min(len(extra), 4+size):]
	}
	return false
}

// checkLocal compares the header before a file with the directory, and returns
// where the file ends.
func (r record) checkLocal(b []byte, limit int) (int, *layoutFault) {
	at := int(r.offset)
	if limit-at < localSize || string(b[at:at+4]) != localSignature {
		return 0, lies("%q is not where the directory says", r.name)
	}
	le := binary.LittleEndian
	h := b[at:limit]
	name, extra := int(le.Uint16(h[26:])), int(le.Uint16(h[28:]))
	if len(h) < localSize+name+extra {
		return 0, lies("%q is cut off", r.name)
	}
	crc, packed, raw := le.Uint32(h[14:]), le.Uint32(h[18:]), le.Uint32(h[22:])
	descriptor := r.flags&flagDescriptor != 0
	later := descriptor && crc == 0 && packed == 0 && raw == 0
	switch {
	case string(h[localSize:localSize+name]) != r.name:
		return 0, lies("%q has another name in the directory", string(h[localSize:localSize+name]))
	case le.Uint16(h[6:]) != r.flags || le.Uint16(h[8:]) != r.method,
		!later && (crc != r.crc || packed != r.packed || raw != r.raw):
		return 0, lies("%q is described in two ways", r.name)
	case hasUnicodePath(h[localSize+name : localSize+name+extra]):
		return 0, lies("%q has a second name", r.name)
	}
	end := uint64(at) + uint64(localSize+name+extra) + uint64(r.packed)
	if end > uint64(limit) {
		return 0, lies("%q is cut off", r.name)
	}
	if !descriptor {
		return int(end), nil
	}
	return r.checkDescriptor(b[:limit], int(end))
}

// checkDescriptor reads the sizes that may stand behind a file, with a signature
// or without.
func (r record) checkDescriptor(b []byte, at int) (int, *layoutFault) {
	le := binary.LittleEndian
	for _, lead := range []int{4, 0} {
		d := b[at:]
		if len(d) < lead+12 || lead == 4 && string(d[:4]) != descSignature {
			continue
		}
		d = d[lead:]
		if le.Uint32(d) == r.crc && le.Uint32(d[4:]) == r.packed && le.Uint32(d[8:]) == r.raw {
			return at + lead + 12, nil
		}
	}
	return 0, lies("%q is described in two ways", r.name)
}
