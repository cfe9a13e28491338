package compose

import (
	"maps"
	"slices"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/manifest"
)

// Input is everything that a document is made from.
type Input struct {
	Manifest    *manifest.Manifest
	Builtin     *Builtin   // nil for stack none
	Fragments   []Fragment // from extensions, in registration order
	Sidecars    []manifest.SidecarGate
	Names       manifest.Names  // physical names and the network
	Security    manifest.Choice // the security profile; the zero Choice is the scenario's own
	ProjectName string          // written as `name:` when not ""; a prefix of Names takes its place
	ProjectDir  string          // absolute; what relative bind sources start from
	HomeDir     string          // absolute; what "~" in bind sources stands for
	// Partial says that services may be missing because this run leaves out
	// the part that brings them: a stack that is not named, extensions that are
	// not evaluated. The manifest's reader has warned of each; here their
	// patches and the references to them are left out.
	Partial bool
	// Lacking says why services of extensions may be missing: patches that other
	// extensions have for those are left out then, too.
	Lacking Lacking
	// LeasedBy is what asks for leased ports.
	LeasedBy manifest.Choice
	// LeasePorts answers the document's fixed host ports with the first port
	// that each is to have, in the same order. nil leaves all as written.
	LeasePorts func([]PortClaim) []int
}

// Lacking is what is missing of the services that extensions add.
type Lacking int

// What may be missing, and how a patch of another extension for it is judged.
const (
	LackingNone   Lacking = iota // nothing: there is no such service
	LackingLeft                  // those of extensions that take no part: a warning
	LackingFailed                // those of extensions that failed, which was told
)

// Fragment is what one extension adds: an object of services and an object of
// patches; either may be nil. Their values are not expanded.
type Fragment struct {
	Extension string
	Services  *manifest.Node
	Patches   *manifest.Node
}

// Model is the document with the provenance of each value. It does not change
// once built, so several goroutines may read it.
type Model struct {
	root        *value
	services    *value // root's services
	builtin     map[string]bool
	sidecars    []member // manifest and extension services before patches, sorted
	gatedImages []string // see GatedImages
	patches     []PatchSummary
	renamed     renames
	input       Input
	file        string // the manifest's name, for faults without a place
	encoded     encoded
}

// Build makes the document in the order of spec §7.1: the built-in stack, then
// services of the manifest and of extensions, then patches, gates, the security
// profile's port binding and leased ports, everything beside services, and at last physical
// names. Faults go to c; the model is
// complete as far as it could be built. It is nil only without a manifest.
func Build(in Input, c *diag.Collector) *Model {
	if in.Manifest == nil {
		return nil
	}
	b := &builder{in: in, c: c, m: &Model{input: in, builtin: map[string]bool{}}}
	b.layers()
	b.base()
	b.merge()
	b.patch()
	b.gate()
	b.leaveOut()
	b.bindLoopback()
	if in.LeasePorts != nil {
		b.lease()
	}
	b.network()
	b.rest()
	b.rename()
	return b.m
}

// builder carries what the stages of Build share.
type builder struct {
	in       Input
	c        *diag.Collector
	m        *Model
	builtin  *layer
	manifest *layer
	overlay  *layer // of the active scenario
	devpm    *layer
	targets  map[string]*value // services by name, as far as merged
}

func (b *builder) layers() {
	name := "odpm.json"
	if d := b.in.Manifest.Document; d != nil && d.File != "" {
		name = d.File
	}
	b.manifest, b.m.file = &layer{LayerManifest, name}, name
	b.overlay = &layer{LayerScenario, b.in.Manifest.Scenario}
	b.devpm = &layer{LayerDevpm, "devpm"}
	if b.in.Builtin != nil {
		b.builtin = &layer{LayerBuiltin, b.in.Builtin.Name}
		if b.in.Builtin.Extension != "" {
			b.builtin = &layer{LayerExtension, b.in.Builtin.Extension}
		}
	}
}

// base is spec §7.1 step 1.
func (b *builder) base() {
	b.targets = map[string]*value{}
	b.m.root = newObject(b.devpm)
	b.m.services = newObject(b.manifest)
	if n := b.in.Manifest.Services; n != nil {
		b.m.services.source = n
	}
	b.m.services.why = because(ruleServices)
	b.m.root.set("services", diag.Range{}, b.m.services)
	if b.in.Builtin == nil || b.in.Builtin.Services == nil {
		return
	}
	for _, s := range b.in.Builtin.Services.Members {
		v := fromNode(s.Value, b.builtin)
		b.in.Builtin.reasons.give(v, nil)
		b.m.builtin[s.Key] = true
		b.targets[s.Key] = v
		b.m.services.members = append(b.m.services.members, member{s.Key, s.KeyRange, v})
	}
}

// rest is what stands beside services: volumes, networks, configs, the
// manifest's x-* keys and the project's name, in this order.
func (b *builder) rest() {
	mf := b.in.Manifest
	volumes := newObject(b.manifest)
	if b.in.Builtin != nil && b.in.Builtin.Volumes != nil {
		for _, v := range b.in.Builtin.Volumes.Members {
			made := fromNode(v.Value, b.builtin)
			b.in.Builtin.reasons.give(made, nil)
			volumes.set(v.Key, v.KeyRange, made)
		}
		volumes.layer = b.builtin
	}
	if mf.Volumes != nil {
		if mf.Volumes.Kind != manifest.Object {
			volumes = fromNode(mf.Volumes, b.manifest)
		} else {
			volumes.layer, volumes.source = b.manifest, mf.Volumes
			for _, v := range mf.Volumes.Members {
				own := fromNode(v.Value, b.manifest)
				if own.replaced = volumes.get(v.Key); own.replaced != nil {
					b.c.Add(diag.Diagnostic{
						Code: diag.StackVolumeReplaced, Severity: diag.Warning, Range: v.KeyRange, Path: joinKey("volumes", v.Key),
						Message: "this volume replaces the one of the stack " + quote(b.in.Builtin.Name),
						Fix:     "choose another name, unless the stack's data is meant to live in this volume",
					})
				}
				volumes.set(v.Key, v.KeyRange, own)
			}
		}
	}
	if volumes.kind != manifest.Object || len(volumes.members) > 0 {
		b.m.root.set("volumes", diag.Range{}, volumes)
	}
	var stack Builtin
	if b.in.Builtin != nil {
		stack = *b.in.Builtin
	}
	for _, section := range []struct {
		key         string
		stack, node *manifest.Node
	}{{"networks", stack.Networks, mf.Networks}, {"configs", stack.Configs, mf.Configs}} {
		if v := b.section(section.stack, section.node); v != nil {
			b.m.root.set(section.key, diag.Range{}, v)
		}
		if section.key == "networks" {
			b.declareNetwork()
		}
	}
	for _, x := range mf.Extra {
		b.m.root.set(x.Key, x.KeyRange, fromNode(x.Value, b.manifest))
	}
	switch {
	case b.in.Names.Project() != "":
		name := newText(b.in.Names.Project(), b.devpm)
		name.source, name.why = chosenNode(b.in.Names.Prefix), because(ruleProject, b.in.Names.Prefix)
		b.m.root.set("name", diag.Range{}, name)
	case b.in.ProjectName != "":
		name := newText(b.in.ProjectName, b.devpm)
		name.why = because(ruleOtherName)
		b.m.root.set("name", diag.Range{}, name)
	}
}

// section is what the stack and the manifest have beside services under one key;
// of two by one name the manifest's counts. nil when there is nothing.
func (b *builder) section(stack, own *manifest.Node) *value {
	has := func(n *manifest.Node) bool { return n != nil && (n.Kind != manifest.Object || len(n.Members) > 0) }
	switch {
	case !has(stack) && !has(own):
		return nil
	case !has(stack):
		return fromNode(own, b.manifest)
	}
	out := fromNode(stack, b.builtin)
	if !has(own) {
		return out
	}
	written := fromNode(own, b.manifest)
	if !written.is(manifest.Object) || !out.is(manifest.Object) {
		return written
	}
	for _, m := range written.members {
		m.value.replaced = out.get(m.key)
		out.set(m.key, m.keyRange, m.value)
	}
	return out
}

// serviceNames are the services of the document, sorted, for messages.
func (b *builder) serviceNames() []string { return slices.Sorted(maps.Keys(b.targets)) }
