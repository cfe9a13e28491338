package cli

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/devpm/devpm/compose"
	"github.com/devpm/devpm/compose/engine"
	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/internal/fsx"
	"github.com/devpm/devpm/manifest"
	"github.com/devpm/devpm/prepare"
	"github.com/devpm/devpm/prepare/odoo"
	"github.com/devpm/devpm/prepare/offline"
)

// requirementFiles are what the entrypoint has pip install.
type requirementFiles struct {
	platform, manifest []byte
	shown              []string // those that ask for something
}

// key names them, as the entrypoint does.
func (r requirementFiles) key() string { return odoo.RequirementsKey(r.platform, r.manifest) }

// requirementFiles reads what pip would install in the container of the stack.
// A platform that is not cloned yet has none.
func (p *project) requirementFiles(d *prepare.Desired) (r requirementFiles) {
	for _, repo := range d.Repositories {
		if repo.Role != "platform" {
			continue
		}
		if text, err := fsx.ReadBelow(repo.Dir, "requirements.txt", maxNested); err == nil {
			r.platform = text
			if requires(text) {
				r.shown = append(r.shown, repo.Name+"/requirements.txt")
			}
		}
	}
	for _, f := range d.Files {
		if filepath.Base(f.Path) == "requirements.txt" {
			r.manifest = f.Content
			if requires(f.Content) {
				r.shown = append(r.shown, "requirements of "+manifestName)
			}
		}
	}
	return r
}

// requires reports whether a requirements file asks for anything.
func requires(text []byte) bool {
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			return true
		}
	}
	return false
}

// makeWheels has pip make, or take, a wheel of everything that the two files
// require, with the Python and the compilers of the image. debugpy is what the
// entrypoint installs for a developer, and no fault when it cannot be had.
const makeWheels = `set -eu
in=` + engine.WorkIn + ` out=` + engine.WorkOut + `
python3 -m venv /tmp/devpm-venv
pip() { /tmp/devpm-venv/bin/python3 -m pip wheel --quiet --disable-pip-version-check --no-input --no-cache-dir --wheel-dir "$out" "$@"; }
mkdir "$out"
pip -r "$in/platform.txt" -r "$in/manifest.txt"
[ ! -e "$in/debugpy" ] || pip --retries 1 --timeout 10 debugpy 2>/dev/null || true
`

// keepWheels keeps the Python packages that the container of the stack installs,
// as wheels. They are made in a container of the image, which is vendored too. A
// project whose packages cannot be had so is told, and vendored without.
func (v *vendoring) keepWheels(ctx context.Context, d *prepare.Desired, images []offline.Image) error {
	if v.manifest.Stack != manifest.StackOdoo || v.layout == nil || v.layout.CIImage != nil {
		return nil // in ci they are in the image
	}
	required := v.requirementFiles(d)
	if len(required.shown) == 0 {
		return nil
	}
	image := v.imageOfStack(images)
	if image == nil {
		v.withoutWheels(required, "the service "+v.layout.service+" has no image here")
		return nil
	}
	packages := &offline.Packages{Requirements: required.key(), Image: image.ID}
	packages.Path = offline.Wheels + "/" + packages.Requirements[:12]
	old := v.stock.index.Packages
	kept := old != nil && *old == *packages && len(v.stock.index.Below(old.Path)) > 0 && len(v.stock.check(old.Path)) == 0
	if !kept {
		temp := offline.Wheels + "/.new-" + rand.Text()[:10]
		defer func() { _ = os.RemoveAll(v.stock.path(temp)) }() // what stays is removed with all that the index does not name
		err := v.step("Python packages", "Make wheels in a container", func() error { return v.makeWheels(ctx, required, image.Name, temp) })
		if failure, ok := errors.AsType[*diag.Failure](err); ok && ctx.Err() == nil && failure.List[0].Code != diag.VendorDirectory {
			v.withoutWheels(required, failure.List[0].Message)
			return nil
		}
		if err == nil {
			err = os.RemoveAll(v.stock.path(packages.Path))
		}
		if err == nil {
			err = os.Rename(v.stock.path(temp+"/out"), v.stock.path(packages.Path))
		}
		if err != nil {
			return v.failed(packages.Path, err)
		}
	}
	v.next.Packages = packages
	return v.adopt(offline.Listed(v.stock.dir, packages.Path), kept)
}

// imageOfStack is the vendored image of the stack's service, or nil.
func (v *vendoring) imageOfStack(images []offline.Image) *offline.Image {
	for _, s := range v.services() {
		if s.Name != v.layout.service {
			continue
		}
		if i := slices.IndexFunc(images, func(i offline.Image) bool { return i.Name == v.imageOf(s) }); i >= 0 {
			return &images[i]
		}
	}
	return nil
}

// withoutWheels says that the packages are not here, and why.
func (v *vendoring) withoutWheels(required requirementFiles, why string) {
	v.warnings = append(v.warnings, diag.Diagnostic{
		Code: diag.VendorPartly, Severity: diag.Warning,
		Message: fmt.Sprintf("Python packages are not vendored (%s): %s", strings.Join(required.shown, ", "), why),
		Fix:     "keep the project's .venv, which has them installed, or give pip a directory of wheels (PIP_NO_INDEX and PIP_FIND_LINKS in `service_patches`)",
	})
}

// makeWheels leaves the wheels in the folder temp/out. What else the container
// leaves there is dropped: nothing but plain files with the name of a wheel is
// taken from it.
func (v *vendoring) makeWheels(ctx context.Context, required requirementFiles, image, temp string) error {
	in := v.stock.path(temp + "/in")
	if err := os.MkdirAll(in, 0o755); err != nil {
		return err
	}
	files := map[string][]byte{"platform.txt": required.platform, "manifest.txt": required.manifest}
	if v.manifest.Scenario == odoo.Developer {
		files["debugpy"] = nil
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(in, name), content, 0o644); err != nil {
			return err
		}
	}
	settings := v.pipSettings()
	work := engine.Work{Image: image, Name: "devpm-vendor-" + strings.ToLower(rand.Text()[:12]), Script: makeWheels, In: in, Out: v.stock.path(temp + "/out")}
	for _, s := range settings {
		name, _, _ := strings.Cut(s, "=")
		work.Keep = append(work.Keep, name)
	}
	docker := engine.Docker{Runner: v.app.runner(), Env: append(slices.Clone(v.app.Environ), settings...)}
	if err := docker.Work(ctx, work); err != nil {
		return err
	}
	left, err := os.ReadDir(work.Out)
	if err != nil {
		return err
	}
	for _, e := range left {
		if !e.Type().IsRegular() || !strings.HasSuffix(e.Name(), ".whl") {
			if err := os.RemoveAll(filepath.Join(work.Out, e.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}

// pipSettings are the variables of the stack's service that pip reads, such as
// its index. One that a secret went into stays away.
func (v *vendoring) pipSettings() (out []string) {
	prefix := compose.PathOf("services", v.layout.service, "environment") + "."
	for _, leaf := range v.model.Leaves(v.layout.service) {
		name, ok := strings.CutPrefix(leaf.Path, prefix)
		var value string
		if ok && strings.HasPrefix(name, "PIP_") && !leaf.Secret && json.Unmarshal([]byte(leaf.Value), &value) == nil {
			out = append(out, name+"="+value)
		}
	}
	return out
}

func wheelCount(x *offline.Index) int {
	if x.Packages == nil {
		return 0
	}
	return len(x.Below(x.Packages.Path))
}
