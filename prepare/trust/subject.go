package trust

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/devpm/devpm/diag"
)

// Kind groups subjects for people, and is part of a digest.
type Kind string

// The kinds, in the order in which they are shown.
const (
	Hook        Kind = "hook"            // a command on the host
	ServiceHook Kind = "service hook"    // a command inside a container of the project
	Plugin      Kind = "plugin"          // a file of .odpm/plugins
	Extension   Kind = "extension"       // required by the manifest
	Provider    Kind = "secret provider" // a program that is asked for secrets
	Environment Kind = "environment"     // a variable of the project's .env that programs on the host get
	Repository  Kind = "repository"      // a git repository in the project whose configuration names programs
	Host        Kind = "host"            // what containers get of the host
)

// kinds is the order of the kinds.
var kinds = []Kind{Hook, ServiceHook, Plugin, Extension, Provider, Environment, Repository, Host}

// Subject is one thing that trust is asked for.
type Subject struct {
	Kind Kind
	Key  string // names it within its kind: "hooks.pre_up[0]", ".odpm/plugins/mail.py"
	Text string // what it does, for people: a command as written, "mounts /etc"
	// Notes are further lines for people: what the text becomes with the
	// project's .env, which files count.
	Notes []string
	// Hash identifies all that decides the effect: sha256, hex.
	Hash  string
	Range diag.Range // where it is written
	// Step is the step of a plan that it concerns; "" when there is none.
	Step string
	// Files are the files of the project whose content the hash covers.
	Files []File
}

// File is a file of the project by content.
type File struct {
	Name string `json:"name"` // relative to the project, slashes
	Hash string `json:"hash"` // sha256, hex; "" when it cannot be read
}

// New is a subject whose effect is decided by content alone, any value that
// encoding/json writes.
func New(kind Kind, key, text string, at diag.Range, content any) Subject {
	return Subject{Kind: kind, Key: key, Text: text, Range: at, Hash: identity(content)}
}

// identity hashes a value by its JSON, which is the same for the same value.
func identity(content any) string {
	text, err := json.Marshal(content)
	if err != nil {
		panic(fmt.Errorf("trust: content of a subject: %w", err)) // strings, lists and structs of them
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// Set is everything that trust is asked for, sorted by kind and key.
type Set []Subject

// NewSet sorts subjects. Two of one kind and key both count.
func NewSet(subjects ...Subject) Set {
	out := slices.Clone(subjects)
	slices.SortStableFunc(out, func(a, b Subject) int {
		return cmp.Or(cmp.Compare(slices.Index(kinds, a.Kind), slices.Index(kinds, b.Kind)),
			cmp.Compare(place(a), place(b)), cmp.Compare(a.Key, b.Key), cmp.Compare(a.Hash, b.Hash))
	})
	return out
}

// place keeps the order of the file among subjects that it holds, so that
// hooks.pre_up[10] comes after hooks.pre_up[9].
func place(s Subject) string {
	return fmt.Sprintf("%s:%08d:%08d", s.Range.File, s.Range.Start.Line, s.Range.Start.Column)
}

// Digest identifies the set: 64 hex digits, "" for an empty set. Where things
// are written is no part of it, what they are called and do is.
func (s Set) Digest() string {
	if len(s) == 0 {
		return ""
	}
	lines := make([][3]string, len(s))
	for i, subject := range s {
		lines[i] = [3]string{string(subject.Kind), subject.Key, subject.Hash}
	}
	slices.SortFunc(lines, func(a, b [3]string) int { return slices.Compare(a[:], b[:]) })
	return identity(append([][3]string{{"devpm trust", "1", ""}}, lines...))
}

// Only returns the subjects of some kinds.
func (s Set) Only(kinds ...Kind) Set {
	return slices.DeleteFunc(slices.Clone(s), func(subject Subject) bool { return !slices.Contains(kinds, subject.Kind) })
}

// Without returns the set without some kinds.
func (s Set) Without(kinds ...Kind) Set {
	return slices.DeleteFunc(slices.Clone(s), func(subject Subject) bool { return slices.Contains(kinds, subject.Kind) })
}
