package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/extensions/pack"
	"github.com/devpm/devpm/internal/fsx"
	"github.com/devpm/devpm/prepare/offline"
)

// fromVendor takes a package that the store lacks from the vendor directory,
// with --offline. A run puts it into the store. A plan writes nothing: it knows
// what the package says of itself, and vendored is true. missing is what the
// store said. A *diag.Failure has places of its own unless it is missing.
func (f *packageFinder) fromVendor(ctx context.Context, q requirement, constraint pack.Constraint, sum string, missing error) (i *pack.Installed, vendored bool, err error) {
	if _, ok := errors.AsType[*diag.Failure](missing); !ok || !f.app.Offline {
		return nil, false, missing
	}
	if err := f.project.readStock(f.app); err != nil {
		return nil, false, err
	}
	s := f.project.stock
	held, ok := s.index.Extensions[q.name]
	if !ok || sum != "" && held.SHA256 != sum || !constraint.Takes(held.Version) {
		return nil, false, s.lacks(missing, held, ok)
	}
	a, note, err := s.readPackage(q.name, held)
	if err != nil {
		return nil, false, err
	}
	counts := false
	if note.Signature != "" {
		verified, bad := pack.Verify(a.File, a.Bytes(), note.Signature, f.settings.Keys)
		if bad != nil && bad.Code != diag.SignatureUntrusted {
			return nil, false, diag.List{*bad}.Err()
		}
		note.SignedBy, counts = verified.Key, bad == nil
	}
	// What the user's settings refuse does not get into the store.
	if f.app.deploys && (counts || !f.settings.SignaturesRequired) {
		note.At = f.app.Now()
		i, _, err = f.store.Install(ctx, a, note)
		return i, false, packageFault(f.store.Dir, err)
	}
	i, err = pack.Offer(a, s.path(held.Archive), note)
	return i, true, packageFault(a.File, err)
}

// lacks is what the store said, with what the vendor directory has.
func (s *vendorStock) lacks(missing error, held offline.Extension, ok bool) error {
	var failure *diag.Failure
	if !errors.As(missing, &failure) {
		return missing
	}
	has := fmt.Sprintf("%s does not have it", s.shown)
	if ok {
		has = fmt.Sprintf("%s has %s (sha256 %.12s…)", s.shown, held.Version, held.SHA256)
	}
	var list diag.List
	for _, d := range failure.List {
		d.Message += ", and " + has
		d.Fix = "run `devpm vendor` where the package is installed, or install it here with `devpm ext install FILE`"
		list = append(list, d)
	}
	return list.Err()
}

// readPackage reads a package of the vendor directory. It is the one that was
// vendored, to the last byte, or an error.
func (s *vendorStock) readPackage(name string, held offline.Extension) (*pack.Archive, pack.Note, error) {
	shown := path.Join(filepath.ToSlash(s.shown), held.Archive)
	note := pack.Note{Source: shown}
	if err := s.check(held.Archive).Err(); err != nil {
		return nil, note, err
	}
	content, err := fsx.ReadBelow(s.dir, held.Archive, pack.MaxArchive)
	if err != nil {
		return nil, note, packageFault(shown, err)
	}
	var found diag.Collector
	a := pack.ReadArchive(shown, content, &found)
	switch {
	case a == nil:
		return nil, note, found.Err()
	case a.SHA256 != held.SHA256 || a.Metadata.Name != name:
		return nil, note, fault(diag.VendorDamaged, shown, "this is not the package of "+name+" that was vendored", "copy the directory again from where it was made")
	}
	if held.Signature != "" {
		if err := s.check(held.Signature).Err(); err != nil {
			return nil, note, err
		}
		text, err := fsx.ReadBelow(s.dir, held.Signature, maxConfigSize)
		if err != nil {
			return nil, note, packageFault(path.Join(filepath.ToSlash(s.shown), held.Signature), err)
		}
		note.Signature = string(text)
	}
	return a, note, nil
}

// keepExtensions keeps the packages that the manifest requires and their
// signatures.
func (v *vendoring) keepExtensions() error {
	required := requirementsOf(v.manifest.Extensions.Get("require"))
	if len(required) == 0 {
		return nil
	}
	store, err := extensionStore(v.app)
	if err != nil {
		return err
	}
	locked := v.lockedExtensions()
	for _, q := range required {
		if !q.enabled {
			continue
		}
		constraint, err := pack.ParseConstraint(q.version)
		if err != nil {
			return fmt.Errorf("vendoring %s: %w", q.name, err) // judged when the project was read
		}
		i, err := store.Resolve(q.name, constraint, locked[q.name].SHA256)
		if err != nil {
			return packageFault(store.Dir, err)
		}
		if err := v.keepExtension(i); err != nil {
			return err
		}
	}
	for _, i := range v.ext.found.left {
		if i.Untrusted {
			v.warnings = append(v.warnings, diag.Diagnostic{
				Code: diag.VendorPartly, Severity: diag.Warning, Range: i.Range,
				Message: fmt.Sprintf("images that the extension %s adds are not vendored: it is not trusted yet, so nobody asked it", i.Name),
				Fix:     "run `devpm up`, or `devpm trust`, and then `devpm vendor` again",
			})
		}
	}
	return nil
}

// keepExtension keeps one package.
func (v *vendoring) keepExtension(i *pack.Installed) error {
	held := offline.Extension{Version: i.Version, SHA256: i.SHA256, Archive: fmt.Sprintf("%s/%s-%s.zip", offline.Extensions, fileName(i.Name), i.SHA256[:12])}
	if err := v.keepFile(held.Archive, i.Bytes); err != nil {
		return err
	}
	if i.Signature != "" {
		held.Signature = held.Archive + pack.SignatureSuffix
		if err := v.keepFile(held.Signature, func() ([]byte, error) { return []byte(i.Signature), nil }); err != nil {
			return err
		}
	}
	v.next.Extensions[i.Name] = held
	return nil
}

// keepFile writes a file unless it is there with that content.
func (v *vendoring) keepFile(name string, read func() ([]byte, error)) error {
	content, err := read()
	if err != nil {
		return packageFault(name, err)
	}
	sum := contentHash(content)
	if have, err := fsx.HashBelow(v.stock.dir, name); err != nil || have != sum {
		if err := os.MkdirAll(v.stock.path(path.Dir(name)), 0o755); err != nil {
			return v.failed(path.Dir(name), err)
		}
		if err := fsx.WriteFileAtomic(v.stock.path(name), content, 0o644); err != nil {
			return v.failed(name, err)
		}
	}
	v.next.Files[name] = sum
	return nil
}
