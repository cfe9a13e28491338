package cli

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/devpm/devpm/cmd/devpm/internal/view"
	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/extensions/pack"
	"github.com/devpm/devpm/internal/fsx"
)

// extInstallOptions are the flags and arguments of `devpm ext install`.
type extInstallOptions struct {
	Sources []string
	NoSave  bool
	Format  string // text, json
}

func newExtInstallCmd(app *App, run runner[extInstallOptions]) *cobra.Command {
	var o extInstallOptions
	cmd := &cobra.Command{
		Use:   "install [FILE|URL|NAME…]",
		Short: "Install extensions, and require them in the project",
		Long: `install checks a package and puts it into the store of this user, which all
projects share. Nothing of it is run. In a project it also writes the package
into extensions.require of odpm.json, shows that change, and locks its bytes in
.odpm/lock.json; --no-save leaves both files alone.

Without an argument it installs what the project requires and this machine has
not, from the sources that odpm.json names and held to the lock: what you do
after cloning. NAME does so for one of them.

A signature beside the package (FILE.minisig) is installed with it and verified.
With "ext": {"signatures": "required"} in devpm's settings, packages without the
signature of a trusted key are refused.`,
		Example: `  devpm ext install dist/tools-1.0.0.zip
  devpm ext install https://example.com/tools-1.0.0.zip
  devpm ext install                # everything that odpm.json requires`,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Sources = args
			return run(cmd.Context(), app, o)
		},
	}
	cmd.Flags().BoolVar(&o.NoSave, "no-save", false, "do not write the extension into the project")
	formatVar(cmd, &o.Format, "text", "json")
	exitStatus(cmd, exitOK, exitError, exitUsage, exitLocked, exitInterrupted)
	return cmd
}

// wantedPackage is a package that is to be installed.
type wantedPackage struct {
	source string // path or address, as given or as the manifest has it
	path   string // of a file, absolute; "" for an address
	name   string // "" unless the manifest named it
	sha256 string // "" unless it is locked
	save   bool
}

func runExtInstall(ctx context.Context, app *App, o extInstallOptions) error {
	s, err := extensionStore(app)
	if err != nil {
		return err
	}
	r, err := openRequiring(app, len(o.Sources) == 0)
	if err != nil {
		return err
	}
	in := &installing{app: app, store: s, project: r, client: http.DefaultClient}
	wanted, err := in.wanted(o)
	if err != nil {
		return err
	}
	results := []view.Installation{}
	for _, w := range wanted {
		result, err := in.install(ctx, w)
		if err != nil {
			return err
		}
		results = append(results, result)
		if o.Format != "json" {
			app.Out().Installation(result)
		}
	}
	if o.Format == "json" {
		return app.Out().InstallationsJSON(results)
	}
	if len(results) == 0 {
		app.Out().Line("everything that the project requires is installed")
	}
	return nil
}

// installing is one run of `devpm ext install`.
type installing struct {
	app     *App
	store   *pack.Store
	project *requiring // nil outside of a project
	client  *http.Client
}

// wanted is what arguments ask for; without any, what the project requires and
// the store has not.
func (in *installing) wanted(o extInstallOptions) ([]wantedPackage, error) {
	var out []wantedPackage
	for _, source := range o.Sources {
		switch {
		case isURL(source):
			out = append(out, wantedPackage{source: source, save: !o.NoSave})
		case isFileArgument(source):
			out = append(out, wantedPackage{source: source, path: in.app.path(source), save: !o.NoSave})
		default:
			var q requirement
			ok := false
			if in.project != nil {
				q, ok = in.project.requirement(source)
			}
			if !ok {
				return nil, fault(diag.InstallSource, "", fmt.Sprintf("%q is neither a file, an address nor an extension that the project requires", source), "write ./"+source+" for a file in this directory")
			}
			w, err := in.required(q)
			if err != nil {
				return nil, err
			}
			out = append(out, w)
		}
	}
	if len(o.Sources) > 0 {
		return out, nil
	}
	var missing diag.List
	for _, q := range in.project.requirements() {
		w, err := in.required(q)
		var f *diag.Failure
		switch {
		case errors.As(err, &f):
			missing = append(missing, f.List...)
		case err != nil:
			return nil, err
		case !in.has(q, w.sha256):
			out = append(out, w)
		}
	}
	return out, missing.Err()
}

// has reports whether the store has what the project requires.
func (in *installing) has(q requirement, sha256 string) bool {
	c, err := pack.ParseConstraint(q.version)
	if err != nil {
		return false
	}
	_, err = in.store.Resolve(q.name, c, sha256)
	return err == nil
}

// required is the package of an entry of the manifest, held to the lock.
func (in *installing) required(q requirement) (wantedPackage, error) {
	w := wantedPackage{source: q.source, name: q.name}
	l, err := in.project.readLock(in.app)
	if err != nil {
		return w, err
	}
	w.sha256 = l.Extensions[q.name].SHA256
	switch {
	case q.source == "" && in.has(q, w.sha256):
	case q.source == "":
		return w, diag.List{{Code: diag.StoreMissing, Range: q.node.Range, Path: "extensions.require." + q.name,
			Message: fmt.Sprintf("the extension %s is not installed, and the manifest does not say where it is", q.name), Fix: "run `devpm ext install FILE` with its package"}}.Err()
	case !isURL(q.source):
		w.path = q.source
		if !filepath.IsAbs(w.path) {
			w.path = filepath.Join(in.project.dir, filepath.FromSlash(q.source))
		}
	}
	return w, nil
}

func (in *installing) install(ctx context.Context, w wantedPackage) (view.Installation, error) {
	out := view.Installation{Source: w.source}
	var got fetched
	var err error
	if w.path != "" {
		if got, err = readPackageFile(w.path); err != nil {
			return out, packageFault(w.source, err)
		}
	} else if got, err = fetch(ctx, in.client, w.source); err != nil {
		return out, err
	}
	var found diag.Collector
	a := pack.ReadArchive(filepath.ToSlash(w.source), got.content, &found)
	if a == nil {
		return out, found.Err()
	}
	in.app.warn(found.List())
	if err := w.check(a); err != nil {
		return out, err
	}
	note := pack.Note{Source: w.source, At: in.app.Now()}
	if note.Signature, note.SignedBy, err = in.signature(w.source, a, got.signature); err != nil {
		return out, err
	}
	i, added, err := in.store.Install(ctx, a, note)
	if err != nil {
		return out, packageFault(in.store.Dir, err)
	}
	out.Added, out.Package, out.SHA256, out.Key = added, packageView(i.Metadata), i.SHA256, note.SignedBy
	if !w.save && w.name == "" || in.project == nil {
		return out, nil
	}
	out.Diff, err = in.save(i, w)
	out.Saved = err == nil
	return out, err
}

// check refuses a package that is not what the manifest and the lock name.
func (w wantedPackage) check(a *pack.Archive) error {
	switch {
	case w.name != "" && a.Metadata.Name != w.name:
		return fault(diag.InstallLocked, w.source, fmt.Sprintf("this is the package of %s, not of %s", a.Metadata.Name, w.name), "correct the source in extensions.require")
	case w.sha256 != "" && a.SHA256 != w.sha256:
		return fault(diag.InstallLocked, w.source, fmt.Sprintf("the package is not the one that is locked: sha256 %s here, %s in %s", a.SHA256, w.sha256, ".odpm/lock.json"),
			"if you trust the new one, install it by its file or address, which locks it anew")
	}
	return nil
}

// signature verifies the signature that stood beside a package, and refuses a
// package whose signature does not count where signatures are required. A
// signature that is wrong is always refused.
func (in *installing) signature(shown string, a *pack.Archive, signature string) (text, key string, err error) {
	settings, err := readExtensionSettings(in.app)
	if err != nil {
		return "", "", err
	}
	if signature == "" {
		if settings.SignaturesRequired {
			return "", "", fault(diag.SignatureMissing, shown, "the package is not signed, and ext.signatures of devpm's settings is \"required\"", "ask its author for "+filepath.Base(shown)+pack.SignatureSuffix+", and put it beside the package")
		}
		return "", "", nil
	}
	v, bad := pack.Verify(shown, a.Bytes(), signature, settings.Keys)
	switch {
	case bad == nil:
		return signature, v.Key, nil
	case settings.RefusesSignature(bad):
		return "", "", diag.List{*bad}.Err()
	}
	bad.Severity = diag.Warning
	in.app.warn(diag.List{*bad})
	return signature, "", nil
}

// save writes a package into the project: odpm.json and the lock.
func (in *installing) save(i *pack.Installed, w wantedPackage) (diff string, err error) {
	r := in.project
	err = r.locked(in.app, commandLine("ext install", nil), func(tree *fsx.Tree) error {
		if err := r.read(in.app); err != nil {
			return err
		}
		source := w.recorded(r.dir)
		q, ok := r.requirement(i.Name)
		constraint, bad := pack.ParseConstraint(q.version)
		if !ok || bad != nil || !constraint.Allows(i.Version) || w.save && source != "" && q.source != source {
			if !ok || bad != nil || !constraint.Allows(i.Version) {
				q.version = requiredVersion(i)
			}
			if w.save && source != "" {
				q.source = source
			}
			if !ok {
				q.name, q.enabled = i.Name, true
			}
			if diff, err = r.write(in.app, q); err != nil {
				return err
			}
		}
		return r.writeLock(in.app, tree, i, source)
	})
	return diff, err
}

// requiredVersion is the constraint for a version: what is compatible with it.
func requiredVersion(i *pack.Installed) string {
	if i.Metadata.Version == "" {
		return "*"
	}
	version, _, _ := strings.Cut(i.Version, "+")
	return "^" + strings.TrimPrefix(version, "v")
}

// recorded is the source as a project may keep it: an address, or a path inside
// of the project. Where a package lay on somebody's machine is of no use to
// others.
func (w wantedPackage) recorded(dir string) string {
	if w.path == "" {
		return w.source
	}
	if rel, err := filepath.Rel(dir, w.path); err == nil && filepath.IsLocal(rel) {
		return filepath.ToSlash(rel)
	}
	return ""
}
