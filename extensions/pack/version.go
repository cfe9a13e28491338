package pack

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/Masterminds/semver/v3"
)

// The levels of the Stonebranch API (§4.5). What is above NewestLevel may ask
// for things that devpm has not.
const (
	OldestLevel  = "1.0.0"
	NewestLevel  = "1.4.0"
	levelZipSafe = "1.4.0" // zip_safe and dependency packages
)

var levelForm = regexp.MustCompile(`^(0|[1-9][0-9]{0,5})\.(0|[1-9][0-9]{0,5})\.(0|[1-9][0-9]{0,5})$`)

// atLeast compares two API levels; a malformed one is no level.
func atLeast(level, other string) bool {
	return levelForm.MatchString(level) && compareParts(numbers(level), numbers(other)) >= 0
}

// versionForm is what a version may look like at all: it is part of file names.
var versionForm = regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z.+-]{0,63}$`)

// strictVersion reports whether a version is a semantic version as written, "1.2.3".
func strictVersion(version string) bool {
	_, err := semver.StrictNewVersion(version)
	return err == nil
}

// looseVersion reads "1.2" and "v1" too, as 1.2.0 and 1.0.0.
func looseVersion(version string) (*semver.Version, error) { return semver.NewVersion(version) }

// Constraint says which versions of a package will do: "^1.2", "~1.2.3",
// ">=1, <3", "1.2.x", "*". A pre-release is only meant when the constraint names
// one.
type Constraint struct {
	text string
	c    *semver.Constraints
}

// ParseConstraint reads a constraint; "" is "*".
func ParseConstraint(text string) (Constraint, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		text = "*"
	}
	if len(text) > maxSpecifier {
		return Constraint{}, fmt.Errorf("a constraint has %d characters at most", maxSpecifier)
	}
	c, err := semver.NewConstraint(text)
	if err != nil {
		return Constraint{}, fmt.Errorf("%q is no constraint such as ^1.2, ~1.2.3 or >=1, <3", text)
	}
	return Constraint{text: text, c: c}, nil
}

// String is the constraint as written.
func (c Constraint) String() string { return c.text }

// Takes reports whether a package of the store will do: "*" takes those whose
// version is none as well.
func (c Constraint) Takes(version string) bool {
	return c.c == nil || c.text == "*" || c.Allows(version)
}

// Allows reports whether a version will do.
func (c Constraint) Allows(version string) bool {
	v, err := looseVersion(version)
	return err == nil && c.c.Check(v)
}
