package engine

import (
	"fmt"
	"strconv"
	"strings"
)

// Version is a Compose version. Raw is what the tool printed; a development
// build that prints no number has the other fields zero.
type Version struct {
	Major, Minor, Patch int
	Raw                 string
}

// The versions that matter: the oldest that devpm drives (design decision 9)
// and the first that reports progress as JSON.
var (
	oldestCompose = Version{Major: 2, Minor: 20}
	jsonProgress  = Version{Major: 2, Minor: 29}
)

// ParseVersion reads "v2.29.1", "5.5.1" or "2.20.2+ds1-1". Anything that does
// not start with a number is kept as Raw only.
func ParseVersion(s string) Version {
	v := Version{Raw: strings.TrimSpace(s)}
	number := strings.TrimPrefix(v.Raw, "v")
	if i := strings.IndexAny(number, "-+~ "); i >= 0 {
		number = number[:i]
	}
	parts := strings.Split(number, ".")
	into := []*int{&v.Major, &v.Minor, &v.Patch}
	for i, part := range parts {
		n, err := strconv.Atoi(part)
		if err != nil || i >= len(into) {
			break
		}
		*into[i] = n
	}
	return v
}

// Known reports whether the tool told a number.
func (v Version) Known() bool { return v.Major > 0 }

// AtLeast reports whether v is w or later. A version without a number is taken
// to be new.
func (v Version) AtLeast(w Version) bool {
	switch {
	case !v.Known():
		return true
	case v.Major != w.Major:
		return v.Major > w.Major
	case v.Minor != w.Minor:
		return v.Minor > w.Minor
	default:
		return v.Patch >= w.Patch
	}
}

// String is the number, or what the tool printed.
func (v Version) String() string {
	if !v.Known() {
		return v.Raw
	}
	return fmt.Sprintf("%d.%d.%d", v.Major, v.Minor, v.Patch)
}
