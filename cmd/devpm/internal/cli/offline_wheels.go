package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/internal/fsx"
	"github.com/devpm/devpm/prepare"
	"github.com/devpm/devpm/prepare/apply"
	"github.com/devpm/devpm/prepare/odoo"
)

// offlineWheels says what there is for pip without a network: nil when nothing
// is vendored for it.
func (p *project) offlineWheels(d *prepare.Desired) *prepare.VendoredWheels {
	packages := p.stock.index.Packages
	if packages == nil || p.layout == nil || p.layout.WheelsDir() == "" {
		return nil
	}
	w := &prepare.VendoredWheels{
		Service: p.layout.service, Folder: packages.Path, Count: wheelCount(p.stock.index),
		Into: p.layout.WheelsDir(), Key: packages.Requirements, Fit: p.requirementFiles(d).key() == packages.Requirements,
	}
	if text, err := fsx.ReadBelow(p.dir, w.Into+"/"+odoo.WheelsFor, maxConfigSize); err == nil {
		w.There = strings.TrimSpace(string(text)) == w.Key
	}
	return w
}

// LoadWheels implements apply.Engine: each wheel is compared with the index, and
// the folder that says what they are for appears whole or not at all.
func (e *engineEffects) LoadWheels(_ context.Context, wheels prepare.VendoredWheels) error {
	s := e.project.stock
	if err := s.check(wheels.Folder).Err(); err != nil {
		return err
	}
	tree, err := fsx.OpenTree(e.project.dir)
	if err != nil {
		return fmt.Errorf("opening the project: %w", err)
	}
	defer tree.Close()
	err = tree.ReplaceDirectory(wheels.Into, func(into *os.Root) error {
		for _, name := range s.index.Below(wheels.Folder) {
			if err := copyWheel(s.dir, name, into); err != nil {
				return err
			}
		}
		return into.WriteFile(odoo.WheelsFor, []byte(wheels.Key+"\n"), 0o644)
	})
	if d, ok := apply.PathFault(wheels.Into, err); ok {
		return diag.List{d}.Err()
	}
	return err
}

// copyWheel copies one file of the vendor directory.
func copyWheel(dir, name string, into *os.Root) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	from, _, err := fsx.OpenRegular(root, filepath.FromSlash(name))
	if err != nil {
		return err
	}
	defer from.Close()
	to, err := into.OpenFile(filepath.Base(name), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	if _, err := io.Copy(to, from); err != nil {
		to.Close()
		return err
	}
	return to.Close()
}

// LoadWheels implements apply.Engine.
func (e *recordedEngine) LoadWheels(ctx context.Context, wheels prepare.VendoredWheels) error {
	if err := e.ledger.Folder(wheels.Into); err != nil {
		return err
	}
	return e.Engine.LoadWheels(ctx, wheels)
}
