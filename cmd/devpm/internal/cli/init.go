package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/internal/fsx"
	"github.com/devpm/devpm/manifest"
	"github.com/devpm/devpm/schema"
)

// schemaName is where init puts the manifest's schema for editors. It is meant
// to be committed, so that editing works without a network.
const schemaName = ".odpm/manifest.schema.json"

// runInit writes a first manifest.
func runInit(ctx context.Context, app *App, o initOptions) error {
	if err := o.check(); err != nil {
		return err
	}
	file, err := initTarget(app.Dir, o)
	if err != nil {
		return err
	}
	ask := &wizard{asker: app.asker(), on: !o.Yes && app.canAsk()}
	if o.Link != "" {
		return initFromLink(ctx, app, ask, o)
	}
	made, err := firstManifest(ctx, app, ask, app.Dir, o)
	if err != nil {
		return err
	}
	if err := made.write(file); err != nil {
		return err
	}
	app.warn(made.notes)
	app.initialised(manifestName, made)
	return nil
}

func (o initOptions) check() error {
	odoo := o.OdooVersion + o.Platform + o.Python + o.Debian + o.Postgres
	switch {
	case o.Import != "" && (o.Stack == manifest.StackOdoo || odoo != ""):
		return usagef("--import makes a manifest with stack none; it goes with no option of the stack odoo")
	case o.Import != "" && (o.NoImport || o.Link != ""):
		return usagef("--import goes with neither --no-import nor a link")
	case o.Stack == manifest.StackNone && odoo != "":
		return usagef("--odoo-version, --platform, --python, --debian and --postgres are for --stack odoo")
	case o.Branch != "" && o.Link == "":
		return usagef("--branch needs the link of a repository")
	}
	return nil
}

// initTarget is the file to write. A manifest may be a symbolic link; with
// --force what it leads to is replaced.
func initTarget(dir string, o initOptions) (string, error) {
	file := filepath.Join(dir, manifestName)
	switch _, err := os.Lstat(file); {
	case errors.Is(err, fs.ErrNotExist):
		return file, nil
	case err != nil:
		return "", faultManifestFile(manifestName, err)
	case !o.Force:
		return "", fault(diag.ManifestExists, manifestName, "the project has a manifest already", "edit it, or replace it with `devpm init --force`")
	}
	if o.Link != "" {
		return file, nil // replaced by a link
	}
	target, err := filepath.EvalSymlinks(file)
	if err != nil {
		return "", faultManifestFile(manifestName, err)
	}
	return target, nil
}

// made is a manifest that init made, and what there is to say about it.
type made struct {
	stack   string
	members []manifest.Member // behind $schema, manifest_schema, requires_odpm and stack
	from    string            // the Compose file it was imported from
	notes   diag.List
}

// firstManifest asks, or decides by the directory, and makes the manifest.
func firstManifest(ctx context.Context, app *App, ask *wizard, dir string, o initOptions) (*made, error) {
	found := composeFile(dir)
	if o.NoImport {
		found = ""
	}
	stack := o.Stack
	switch {
	case stack != "":
	case o.Import != "" || found != "":
		stack = manifest.StackNone
	case o.OdooVersion != "" || o.Platform != "":
		stack = manifest.StackOdoo
	default:
		stack = manifest.StackNone
		if looksLikeOdoo(dir) {
			stack = manifest.StackOdoo
		}
		var err error
		if stack, err = ask.choose(ctx, "What is the environment built on? odoo brings Odoo and PostgreSQL, none only what you write", stack, "none", "odoo"); err != nil {
			return nil, err
		}
	}
	if stack == manifest.StackOdoo {
		return odooManifest(ctx, ask, o)
	}
	if o.Import == "" && found != "" {
		yes, err := ask.confirm(ctx, fmt.Sprintf("%s is a Compose file. Import its services?", found))
		if err != nil {
			return nil, err
		}
		if yes {
			o.Import = found
		}
	}
	if o.Import != "" {
		return importCompose(ctx, app, dir, o.Import)
	}
	return &made{stack: stack, members: []manifest.Member{member("services", object(
		member("web", object(member("image", text("nginx:alpine")), member("ports", list("127.0.0.1:${WEB_PORT:-8080}:80")))),
	))}}, nil
}

// content is the manifest's bytes.
func (m *made) content() []byte {
	head := []manifest.Member{
		member("$schema", text(schemaName)),
		member("manifest_schema", &manifest.Node{Kind: manifest.Number, Text: "2"}),
		member("requires_odpm", text(manifest.ContractLevel)),
		member("stack", text(m.stack)),
	}
	return manifest.Print(object(append(head, m.members...)...))
}

// write writes the manifest, and the schema beside it.
func (m *made) write(file string) error {
	if err := fsx.WriteFileAtomic(file, m.content(), 0o644); err != nil {
		return initFault(file, err)
	}
	tree, err := fsx.OpenTree(filepath.Dir(file))
	if err != nil {
		return initFault(file, err)
	}
	defer tree.Close()
	if err := tree.WriteFile(schemaName, schema.ManifestText(), 0o644); err != nil {
		return initFault(schemaName, err)
	}
	return nil
}

func initFault(file string, err error) error {
	return fault(diag.ManifestFile, filepath.Base(file), "the file cannot be written: "+cause(err), "make the directory writable for you, and see that the disk has room")
}

// initialised says what was written and what to do next.
func (a *App) initialised(name string, m *made) {
	if a.Verbosity < 0 {
		return
	}
	what := "stack " + m.stack
	if m.from != "" {
		what += ", imported from " + m.from
	}
	fmt.Fprintf(a.Streams.Out, `wrote %s (%s)

Next:
  devpm plan    see what would happen, and why
  devpm up      make it happen
  devpm ps      see what runs
`, name, what)
}

// looksLikeOdoo reports whether a directory holds Odoo's sources or modules.
func looksLikeOdoo(dir string) bool {
	for _, pattern := range []string{"odoo-bin", "oca_dependencies.txt", "__manifest__.py", "*/__manifest__.py"} {
		if found, _ := filepath.Glob(filepath.Join(globEscape(dir), pattern)); len(found) > 0 {
			return true
		}
	}
	return false
}

// globEscape makes a path that only matches itself.
func globEscape(path string) string {
	return strings.NewReplacer("*", "[*]", "?", "[?]", "[", "[[]").Replace(path)
}

func member(key string, value *manifest.Node) manifest.Member {
	return manifest.Member{Key: key, Value: value}
}

func object(members ...manifest.Member) *manifest.Node {
	return &manifest.Node{Kind: manifest.Object, Members: members}
}

func text(s string) *manifest.Node { return &manifest.Node{Kind: manifest.String, Text: s} }

func list(items ...string) *manifest.Node {
	n := &manifest.Node{Kind: manifest.Array}
	for _, s := range items {
		n.Items = append(n.Items, text(s))
	}
	return n
}
