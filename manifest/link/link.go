// Package link reads git links: "URL [BRANCH [COMMIT]]".
package link

// Kind is how a link is fetched.
type Kind uint8

// The kinds of link.
const (
	HTTPS Kind = iota + 1
	SSH
	SCP
	File
)

// Link is a parsed git link.
type Link struct {
	Raw, URL, Branch, Commit string
	Kind                     Kind
	Host, Path               string
}

// Error says what is wrong with a link and what to write instead.
type Error struct{ Message, Fix string }

func (e *Error) Error() string { return e.Message }

// Parse reads a link.
func Parse(text string) (Link, error) { return Link{}, &Error{Message: "not read"} }

// Directory is "<host>/<org>/<repo>".
func (l Link) Directory() string { return "" }

// Local is the absolute path of a file:// link.
func (l Link) Local() string { return "" }

// Canonical is the form that lock files compare.
func (l Link) Canonical() string { return "" }
