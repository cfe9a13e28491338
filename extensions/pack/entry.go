package pack

import (
	"fmt"
	"io/fs"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// Entry is one file of a package. Directories are not entries: they follow from
// the names.
type Entry struct {
	Name       string // with slashes, relative
	Size       int64  // in bytes
	Executable bool
}

// Bounds of names, in bytes.
const (
	maxName    = 512
	maxElement = 255
)

// nameFault says why a name must not be in a package, or "". What is refused on
// one system is refused on all: a package is built here and installed there.
func nameFault(name string) string {
	switch {
	case name == "":
		return "it has no name"
	case !utf8.ValidString(name):
		return "its name is not UTF-8"
	case len(name) > maxName:
		return fmt.Sprintf("its name has %d bytes; %d are allowed", len(name), maxName)
	case strings.IndexByte(name, 0) >= 0:
		return "its name holds a NUL"
	case strings.ContainsFunc(name, unicode.IsControl):
		return "its name holds a control character"
	case strings.ContainsFunc(name, func(r rune) bool { return unicode.Is(unicode.Cf, r) }):
		// They turn letters around or join them, and some file systems pass over
		// them: with and without one is the same file there.
		return "its name holds a character that nobody sees"
	case strings.HasPrefix(name, "/"):
		return "its name is absolute"
	case strings.Contains(name, `\`):
		return "its name holds a backslash"
	case len(name) > 1 && name[1] == ':' && (name[0]|0x20 >= 'a' && name[0]|0x20 <= 'z'):
		return "its name begins with a drive letter"
	case strings.ContainsAny(name, `:*?"<>|`):
		return "its name holds a character that Windows does not allow in names"
	}
	for element := range strings.SplitSeq(name, "/") {
		switch {
		case element == "..":
			return "its name leads out of the package"
		case element == "" || element == ".":
			return "its name has an empty element"
		case len(element) > maxElement:
			return fmt.Sprintf("an element of its name has %d bytes; %d are allowed", len(element), maxElement)
		case strings.HasSuffix(element, ".") || strings.HasSuffix(element, " "):
			return "an element of its name ends in a dot or a blank"
		case deviceForm.MatchString(element):
			return "its name is one that Windows keeps for a device"
		}
	}
	return ""
}

// kindFault says why what a mode describes must not be in a package, or "".
func kindFault(mode fs.FileMode) string {
	switch {
	case mode&fs.ModeSymlink != 0:
		return "it is a symbolic link"
	case mode&(fs.ModeDevice|fs.ModeCharDevice|fs.ModeNamedPipe|fs.ModeSocket|fs.ModeIrregular) != 0:
		return "it is a device or another special file"
	case mode&fs.ModeSetuid != 0:
		return "it has the setuid bit"
	case mode&fs.ModeSetgid != 0:
		return "it has the setgid bit"
	case mode&fs.ModeSticky != 0:
		return "it has the sticky bit"
	}
	return ""
}

// folded is a name as a file system sees it that knows no case, or that composes
// accents. It folds as far as any of them does: on macOS "ß" and "ss" are one
// file.
func folded(name string) string {
	return norm.NFD.String(cases.Fold().String(norm.NFD.String(name)))
}

// clashes finds names that are the same file somewhere, and files that are a
// directory too. It reports each with the name that was there before.
type clashes struct {
	files map[string]string // folded → name
	dirs  map[string]string
}

func newClashes() *clashes {
	return &clashes{files: map[string]string{}, dirs: map[string]string{}}
}

// add returns what a name clashes with, or "". A directory that is named twice
// is no clash.
func (c *clashes) add(name string, dir bool) string {
	key := folded(name)
	if before, ok := c.files[key]; ok {
		return before
	}
	if before, ok := c.dirs[key]; ok && (!dir || before != name) {
		return before + "/"
	}
	if dir {
		c.dirs[key] = name
	} else {
		c.files[key] = name
	}
	for {
		end, keyEnd := strings.LastIndexByte(name, '/'), strings.LastIndexByte(key, '/')
		if end < 0 {
			return ""
		}
		name, key = name[:end], key[:keyEnd]
		if before, ok := c.files[key]; ok {
			return before
		}
		if before, ok := c.dirs[key]; ok {
			if before != name {
				return before + "/"
			}
			return "" // its parents were judged with it
		}
		c.dirs[key] = name
	}
}
