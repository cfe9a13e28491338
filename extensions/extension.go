package extensions

import (
	"context"
	"encoding/json"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/extensions/protocol"
	"github.com/devpm/devpm/manifest"
)

// The runtimes of extension.yml.
const (
	RuntimePython      = "python"
	RuntimeExec        = "exec"
	RuntimeDeclarative = "declarative"
)

// Info is what there is to know about one extension.
type Info struct {
	Name    string
	Version string // "" when it tells none
	Source  string // where it comes from, for people: ".odpm/plugins/mail.py", "store"
	Runtime string // "" where the package is disabled and not read
	// Capabilities are those that it has, in the protocol's order: as declared by
	// its package, or else as its registrations show.
	Capabilities []protocol.Capability
	Network      bool       // it declares that it uses the network while executing
	Sandbox      string     // full, partial, none: what holds its program in; "" without a program
	Signature    string     // "unsigned" or whose key signed it; "" for what is never signed
	Range        diag.Range // where the project names it
	// Left says why it takes no part; "" when it does. Untrusted is set when
	// nobody has trusted it yet.
	Left      string
	Untrusted bool
}

// Program is one process, or none, and the extensions that live in it: all
// plugins of a project and installed packages share one.
type Program struct {
	Name       string // as messages call it: the extension's, or what is shared
	Extensions []*Info
	// Start starts it; nil for an extension that is data alone.
	Start func(ctx context.Context, mode protocol.Mode, initialize protocol.Initialize) (Session, error)
	// Data is what the first extension contributes without being asked, with a
	// program or without.
	Data *Contribution
}

// Contribution is what an extension adds without being asked, with places in
// its own file.
type Contribution struct {
	Services *manifest.Node
	Patches  *manifest.Node
}

// fragments are the contribution as the document takes it.
func (d *Contribution) fragments(extension string) []Fragment {
	if d == nil || d.Services == nil && d.Patches == nil {
		return nil
	}
	return []Fragment{{Extension: extension, Services: d.Services, Patches: d.Patches}}
}

// Session is a conversation with a running program; *host.Session is one.
type Session interface {
	Capabilities() []protocol.Capability
	Version() string
	Describe(ctx context.Context) (*protocol.Description, error)
	Evaluate(ctx context.Context, id string) (protocol.Evaluation, error)
	Execute(ctx context.Context, id string) error
	Services(ctx context.Context, name string) (json.RawMessage, error)
	Patches(ctx context.Context, name string) (json.RawMessage, error)
	RunHook(ctx context.Context, id, phase string) error
	Secrets(ctx context.Context, name string, keys []string) (map[string]string, error)
	Stack(ctx context.Context, name string) (protocol.Stack, error)
	Policy(ctx context.Context, name string, document json.RawMessage) ([]protocol.Finding, error)
	Ended() bool
	Close() error
}

// Fragment is what one extension adds to the document.
type Fragment struct {
	Extension string
	Services  *manifest.Node // nil when it adds none
	Patches   *manifest.Node
}

// Step is a prepare step of an extension.
type Step struct {
	Extension   string
	ID          string
	Description string
	Order       int
	Evaluation  protocol.Evaluation
}

// Stack is what a document may start from.
type Stack struct {
	Extension string
	Name      string
	Services  *manifest.Node
	Volumes   *manifest.Node
	Networks  *manifest.Node
	Configs   *manifest.Node
}
