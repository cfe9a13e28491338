package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/devpm/devpm/cmd/devpm/internal/view"
	"github.com/devpm/devpm/compose"
	"github.com/devpm/devpm/compose/engine"
	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/internal/fsx"
	"github.com/devpm/devpm/manifest"
	"github.com/devpm/devpm/prepare"
	"github.com/devpm/devpm/prepare/bake"
	"github.com/devpm/devpm/prepare/odoo"
)

// ciImageFlags are the flags about the ci image, of plan and up.
func ciImageFlags(app *App, cmd *cobra.Command, build, push *bool) {
	f := cmd.Flags()
	f.BoolVar(build, "build-image", false, "in the scenario ci: build the image that it runs, start nothing")
	f.BoolVar(push, "image-push", false, "with --build-image: push the image to the registry that its name begins with")
	f.StringVar(&app.ImageTag, "image-tag", "", "in the scenario ci: use this `NAME` for the image that it runs")
	for _, other := range []string{"skip-start", "update-lock", "force-recreate", "profile"} {
		exclusive(cmd, "build-image", other)
	}
}

// onlyTheImage refuses services and arguments for odoo-bin where nothing starts,
// and a push of what this run does not build.
func onlyTheImage(cmd *cobra.Command, build, push bool, args []string) error {
	if push && !build {
		return &usageError{cmd, errors.New("--image-push goes with --build-image, which builds nothing when the image is there as wanted")}
	}
	if build && len(args) > 0 {
		return &usageError{cmd, errors.New("--build-image builds one image and starts nothing; leave services and arguments out")}
	}
	return nil
}

// checkCIImage refuses the flags where there is no ci image, a name that none
// can have, and a push that cannot end well.
func (p *project) checkCIImage(app *App, build, push bool) error {
	flag := "--build-image"
	if !build {
		flag = "--image-tag"
	}
	if !build && app.ImageTag == "" {
		return nil
	}
	d := diag.Diagnostic{Code: diag.CIImageElsewhere}
	switch scenario := p.manifest.ScenarioBy; {
	case p.layout == nil:
		d.Range, d.Path = diag.Range{File: manifestName}, "stack"
		d.Message = fmt.Sprintf("%s is about the image of the Odoo stack, and the stack here is %s", flag, p.manifest.Stack)
		d.Fix = "leave the flag out; images of services are built with `build` in `services`"
	case p.layout.CIImage == nil:
		d.Range, d.Path = scenario.Range, scenario.Use.Name
		d.Message = fmt.Sprintf("%s is for the scenario ci, and the scenario here is %s", flag, p.manifest.Scenario)
		d.Fix = "give --scenario ci, or write ODPM_SCENARIO=ci into .env; other scenarios mount the sources and need no such image"
	case app.ImageTag != "" && !compose.ImageName(app.ImageTag):
		d.Code = diag.CIImageTag
		d.Message = fmt.Sprintf("--image-tag: %q is no name that an image can be given", app.ImageTag)
		d.Fix = "use lower-case letters and digits, then a colon and a tag: shop:42, registry.example.org/team/shop:42"
	case app.ImageTag != "" && p.ciTag() != app.ImageTag:
		path := compose.PathOf("services", p.layout.service, "image")
		origin, _ := p.model.Origin(path)
		d.Code, d.Range, d.Path = diag.CIImageTag, origin.Range, path
		d.Message = fmt.Sprintf("--image-tag says %s, and a patch says %s", app.ImageTag, p.ciTag())
		d.Fix = "leave one of them out"
	case push && app.Offline:
		d.Code = diag.CIImagePush
		d.Message = "--image-push needs the network, and this run may not use it (--offline or DEVPM_OFFLINE)"
		d.Fix = "leave one of them out"
	case push && !strings.Contains(p.ciTag(), "/"):
		d.Code = diag.CIImagePush
		d.Message = fmt.Sprintf("--image-push: the name %s has no registry or account in front", p.ciTag())
		d.Fix = "name both with --image-tag: registry.example.org/team/shop:42"
	default:
		return nil
	}
	return diag.List{d}.Err()
}

// ciTag is the image of the service odoo as the document has it, patches
// included.
func (p *project) ciTag() string {
	for _, s := range p.services() {
		if s.Name == p.layout.service {
			return p.imageOf(s)
		}
	}
	return p.layout.Image
}

// isCIImage reports whether the scenario ci runs this image, and nothing but
// devpm is said to make it.
func (p *project) isCIImage(name string) bool {
	return p.layout != nil && p.layout.CIImage != nil && p.layout.Image == name
}

// addCIImage adds the image that the scenario ci runs. What goes into it is read
// only when it is to be built: sources are large.
func (p *project) addCIImage(d *prepare.Desired, build bool) {
	if p.layout == nil || p.layout.CIImage == nil {
		return
	}
	image := *p.layout.CIImage
	image.Tag = p.ciTag()
	policy, err := p.model.Explain(compose.PathOf("services", image.Service, "pull_policy"))
	image.Elsewhere = err != nil || policy.Value != quoted("never")
	for i := range d.Images {
		image.Elsewhere = image.Elsewhere || d.Images[i].Service == image.Service // a patch builds it in its own way
	}
	if build {
		var err error
		if image.Identity, err = bake.Identity(&image); err != nil {
			image.Problem = diag.List{sourceFault(err)}
		}
		d.Warnings = append(d.Warnings, p.layout.CIFound...)
	}
	d.CIImage = &image
}

// sourceFault places an error of reading the sources.
func sourceFault(err error) diag.Diagnostic {
	d := diag.Diagnostic{Code: diag.CIImageSource, Message: "a source of the ci image cannot be read: " + oneLine(err), Fix: "make it readable, then run again"}
	if source, ok := errors.AsType[*bake.SourceError](err); ok {
		what := source.Source.Name
		if source.Name != "" {
			what = source.Name + " of " + what
		}
		d.Message = fmt.Sprintf("%s cannot be read for the ci image: %s", what, cause(source.Err))
	}
	if errors.Is(err, fsx.ErrLeadsOut) {
		d.Fix = "put the file itself there: what a symbolic link leads to outside of its repository does not go into an image"
	}
	return d
}

// Bake implements apply.Engine: the build context is written below .odpm, and
// Compose builds from there.
func (e *engineEffects) Bake(ctx context.Context, image prepare.CIImage) error {
	c, err := e.compose(ctx)
	if err != nil {
		return err
	}
	tree, err := fsx.OpenTree(e.project.dir)
	if err != nil {
		return fmt.Errorf("opening the project: %w", err)
	}
	defer tree.Close()
	if err := bake.Write(tree, &image); err != nil {
		return contextFault(err)
	}
	return commandFailed(c.BuildFrom(ctx, image.Service, prepare.CIContext, image.Identity))
}

// Push implements apply.Engine.
func (e *engineEffects) Push(ctx context.Context, image string) error {
	docker := engine.Docker{Runner: e.app.runner(), Env: e.app.Environ}
	return commandFailed(docker.Push(ctx, image))
}

func contextFault(err error) error {
	if errors.Is(err, bake.ErrMoved) {
		return fault(diag.CIImageMoved, prepare.CIContext, "a source changed between the plan and the build, so the image would not be what the plan says", "run again when nothing writes to the sources")
	}
	if _, ok := errors.AsType[*bake.SourceError](err); ok {
		return diag.List{sourceFault(err)}.Err()
	}
	return writeFault(prepare.CIContext, err)
}

// Bake implements apply.Engine.
func (e *recordedEngine) Bake(ctx context.Context, image prepare.CIImage) error {
	if err := e.ledger.Folder(prepare.CIContext); err != nil {
		return err
	}
	if err := e.noteImage(ctx, image.Tag); err != nil {
		return err
	}
	return e.Engine.Bake(ctx, image)
}

// contextFiles are the generated files of the build context, as explain shows
// them. What else is there are copies of the sources.
func (p *project) contextFiles() (files []view.FileExplanation) {
	if p.layout == nil || p.layout.CIImage == nil {
		return nil
	}
	have, err := fsx.OpenView(p.dir)
	if err != nil {
		return nil
	}
	defer have.Close()
	for _, f := range p.layout.CIImage.Files {
		files = append(files, p.contextFile(have, f))
	}
	return files
}

func (p *project) contextFile(have *fsx.View, f prepare.File) view.FileExplanation {
	name := prepare.CIContext + "/" + f.Path
	e := view.FileExplanation{Path: name, Writer: "ci.build_image", Description: "Build the ci image", Mode: f.Mode, Now: "up to date"}
	content, _, err := have.ReadFile(name)
	switch {
	case err != nil:
		e.Now = "missing"
	case string(content) != string(f.Content):
		e.Now = "of the last build, and different by now"
	}
	m := p.manifest
	account := p.layout.causes.Account
	switch _, base := cutLast(f.Path); base {
	case "Dockerfile":
		by := append([]manifest.Choice{m.Setting("python"), m.Setting("distro.version"), m.Setting("platform_name")}, account...)
		e.Reason = compose.Because("the image of the other scenarios with the sources, the virtual environment and the configuration in it", by...)
	case "odoo.conf":
		e.Reason = compose.Because("the manifest's odoo_conf without secrets, over it what devpm manages; no line of this machine's odoo.conf", append(account, m.ScenarioBy)...)
	default:
		e.Reason = p.whyFile(".odpm/runtime/"+base, "", "")
	}
	return e
}

// contextValues are the values of a file of the build context; nil for one
// without keys.
func (p *project) contextValues(path string) *fileValues {
	name, ok := strings.CutPrefix(path, prepare.CIContext+"/")
	if !ok || p.layout == nil {
		return nil
	}
	if _, base := cutLast(name); base != "odoo.conf" {
		return p.valuesOf(".odpm/runtime/"+base, "")
	}
	return &fileValues{list: p.explainOptions(p.layout.CIConf)}
}

func (p *project) explainOptions(options []odoo.Option) (list []compose.Explanation) {
	for _, o := range options {
		list = append(list, p.explainOption(compose.PathOf(o.Section, o.Key), o))
	}
	return list
}

func cutLast(name string) (dir, base string) {
	i := strings.LastIndexByte(name, '/')
	return name[:i+1], name[i+1:]
}
