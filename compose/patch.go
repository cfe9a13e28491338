package compose

import (
	"fmt"
	"slices"
	"strings"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/manifest"
)

// patch applies service_patches of dependencies, then of the manifest, layer by
// layer, then of extensions, so that the same wins as with services (design
// decisions 5 to 7). Each layer sees what the one before has made.
func (b *builder) patch() {
	summaries := map[string]*PatchSummary{}
	layer := func(patches *manifest.Node) manifest.PatchLayer {
		return manifest.PatchLayer{Path: "service_patches", Patches: patches}
	}
	for _, n := range b.in.Manifest.Nested {
		if n.ServicePatches != nil {
			b.applyPatches(layer(n.ServicePatches), patchSource{LayerDependency, n.Name}, summaries)
		}
	}
	for _, l := range b.in.Manifest.Patches {
		b.applyPatches(l, patchSource{}, summaries)
	}
	for _, f := range b.in.Fragments {
		if f.Patches != nil {
			b.applyPatches(layer(f.Patches), patchSource{LayerExtension, f.Extension}, summaries)
		}
	}
	for _, name := range sortedKeys(summaries) {
		s := summaries[name]
		slices.Sort(s.Keys)
		s.Keys = slices.Compact(s.Keys)
		b.m.patches = append(b.m.patches, *s)
	}
}

// patchSource is who patches; the zero value is the manifest.
type patchSource struct {
	kind LayerKind
	name string
}

// String is " (from the extension "x")", and nothing for the manifest.
func (s patchSource) String() string {
	if s.name == "" {
		return ""
	}
	return " (from the " + string(s.kind) + " " + quote(s.name) + ")"
}

func (b *builder) applyPatches(from manifest.PatchLayer, source patchSource, summaries map[string]*PatchSummary) {
	patches := from.Patches
	if patches.Kind != manifest.Object {
		b.c.Add(diag.Diagnostic{
			Code: diag.PatchShape, Range: patches.Range, Path: from.Path,
			Message: "patches are " + kindName(patches.Kind) + source.String() + ", not a map from service to keys",
			Fix:     `write {"service": {"key": value}}`,
		})
		return
	}
	for _, s := range patches.Members {
		path := joinKey(from.Path, s.Key)
		p := &patcher{c: b.c, from: source, layer: &layer{LayerPatch, path}, strip: b.launcher(s.Key)}
		if source.name != "" {
			p.layer.name = string(source.kind) + " " + source.name
		}
		base, ok := b.targets[s.Key]
		if !ok {
			switch {
			case source.kind == LayerExtension && b.in.Lacking == LackingFailed:
			case source.kind == LayerExtension || !b.in.Partial:
				b.addUnknownTarget(s, from.Path, source)
			}
			continue
		}
		if s.Value.Kind != manifest.Object {
			p.report(diag.PatchShape, diag.Error, s.Value.Range, path,
				"a patch is a map of the keys to change, not "+kindName(s.Value.Kind), `write {"key": value}`)
			continue
		}
		summary := summaries[s.Key]
		if summary == nil {
			summary = &PatchSummary{Service: s.Key, Range: s.KeyRange}
			summaries[s.Key] = summary
		}
		for _, m := range s.Value.Members {
			summary.Keys = append(summary.Keys, m.Key)
		}
		if source.kind == LayerExtension && !slices.Contains(summary.Extensions, source.name) {
			summary.Extensions = append(summary.Extensions, source.name)
		}
		if base.kind == manifest.Object {
			p.service(base, s.Value, path)
		}
	}
}

// addUnknownTarget reports a patch without a service. One of a dependency is
// not the project's to mend and is left out with a warning.
func (b *builder) addUnknownTarget(s manifest.Member, patches string, from patchSource) {
	d := diag.Diagnostic{
		Code: diag.PatchWithoutService, Range: s.KeyRange, Path: joinKey(patches, s.Key),
		Message: "there is no service " + quote(s.Key) + " to patch" + from.String(),
		Fix:     didYouMean(s.Key, b.serviceNames(), "services"),
	}
	switch {
	case from.kind == LayerDependency:
		d.Severity = diag.Warning
	case from.kind == LayerExtension && b.in.Lacking == LackingLeft:
		d.Severity = diag.Warning
		d.Fix = "the extension that has the service takes no part in this run; the plan says why at its step"
	}
	if b.in.Builtin != nil {
		if alias := b.in.Builtin.Aliases[s.Key]; alias != "" {
			d.Fix = "the service is called " + quote(alias) + " here: use " + joinKey(patches, alias)
		}
	}
	b.c.Add(d)
}

// launcher is the start of a command that patches of the service may drop.
func (b *builder) launcher(service string) []string {
	if b.in.Builtin != nil && b.in.Builtin.Name == manifest.StackOdoo && service == OdooService {
		return legacyLauncher
	}
	return nil
}

// patcher merges one layer's patch into one service.
type patcher struct {
	c     *diag.Collector
	layer *layer
	from  patchSource
	strip []string
}

func (p *patcher) report(code diag.Code, severity diag.Severity, at diag.Range, path, message, fix string) {
	p.c.Add(diag.Diagnostic{Code: code, Severity: severity, Range: at, Path: path, Message: message + p.from.String(), Fix: fix})
}

// keyedLists are the keys of a service that hold KEY=VALUE in either form.
var keyedLists = map[string]bool{"environment": true, "labels": true, "annotations": true, "sysctls": true}

// namedLists are the keys of a service whose short form is a list of names and
// whose long form is a map by name.
var namedLists = map[string]bool{"depends_on": true, "networks": true}

// service merges a patch into a service, changing it in place.
func (p *patcher) service(base *value, patch *manifest.Node, path string) {
	for _, m := range patch.Members {
		at := joinKey(path, m.Key)
		old, node := base.get(m.Key), m.Value
		if m.Key == "command" {
			node = p.withoutLauncher(node, at)
		}
		var to *value
		switch {
		case keyedLists[m.Key] && p.byKey(m.Key, old, node):
			to = p.entries(old, node, at)
		case namedLists[m.Key] && node.Kind == manifest.Object && !isOperation(node) && old.is(manifest.Array):
			to = p.merge(named(m.Key, old), node, at)
		default:
			to = p.merge(old, node, at)
		}
		if to != nil {
			base.set(m.Key, m.KeyRange, to)
		}
	}
}

// byKey reports whether a patch of a KEY=VALUE list merges by key: always for
// environment; for the others only a map onto a list, since otherwise the
// general rules say it (maps merge, lists replace).
func (p *patcher) byKey(key string, old *value, patch *manifest.Node) bool {
	if isOperation(patch) {
		return key == "environment"
	}
	if key == "environment" {
		return patch.Kind == manifest.Object || patch.Kind == manifest.Array
	}
	return patch.Kind == manifest.Object && old.is(manifest.Array)
}

// merge returns what a patch makes of a value: scalars and lists replace, maps
// merge, operations edit lists. It returns base when the patch is faulty.
func (p *patcher) merge(base *value, patch *manifest.Node, path string) *value {
	switch {
	case isOperation(patch):
		return p.operate(base, patch, path)
	case patch.Kind == manifest.Object:
		out := base
		if !base.is(manifest.Object) {
			out = &value{kind: manifest.Object, layer: p.layer, source: patch, replaced: base}
			p.shadows(base, out, patch, path)
		}
		for _, m := range patch.Members {
			at := joinKey(path, m.Key)
			if v := p.merge(out.get(m.Key), m.Value, at); v != nil {
				out.set(m.Key, m.KeyRange, v)
			}
		}
		return out
	default:
		to := fromNode(patch, p.layer)
		to.replaced = base
		p.shadows(base, to, patch, path)
		return to
	}
}

// shadows warns when an extension's patch takes the place of what another
// patch has set: nothing is lost silently.
func (p *patcher) shadows(old, to *value, patch *manifest.Node, path string) {
	if p.from.kind != LayerExtension || old == nil || old.layer == nil || old.layer.kind != LayerPatch || old.layer == p.layer || old.equal(to) {
		return
	}
	at, places := old.rng(), related(patch.Range, "set by the extension here")
	if at == (diag.Range{}) {
		at, places = patch.Range, nil
	}
	p.c.Add(diag.Diagnostic{
		Code: diag.PatchShadowed, Severity: diag.Warning, Range: at, Path: path,
		Message: fmt.Sprintf("the patch of the extension %s replaces the value that %s sets", quote(p.from.name), old.layer.name),
		Fix:     "remove one of the two, or disable the extension",
		Related: places,
	})
}

// named turns a list of names into the map that Compose takes it for.
func named(key string, list *value) *value {
	out := *list
	out.kind, out.items, out.members = manifest.Object, nil, nil
	for _, item := range list.items {
		if item.kind != manifest.String {
			return list
		}
		entry := &value{kind: manifest.Null, layer: item.layer, source: item.source, why: item.why}
		if key == "depends_on" {
			condition := &value{kind: manifest.String, text: "service_started", layer: item.layer, why: because(ruleShortNames)}
			if item.source != nil {
				written := *item.source
				written.Raw = item.text
				condition.source = &written
			}
			if item.why != nil {
				condition.why = because(item.why.Rule+"; "+ruleShortNames, item.why.Causes...)
			}
			entry = &value{kind: manifest.Object, layer: item.layer, source: item.source, why: item.why}
			entry.set("condition", diag.Range{}, condition)
		}
		out.set(item.text, item.rng(), entry)
	}
	return &out
}

// withoutLauncher drops odpm's own launcher from the start of a command.
func (p *patcher) withoutLauncher(n *manifest.Node, path string) *manifest.Node {
	if len(p.strip) == 0 || n.Kind != manifest.Array || len(n.Items) < len(p.strip) {
		return n
	}
	for i, word := range p.strip {
		if n.Items[i].Kind != manifest.String || n.Items[i].Text != word {
			return n
		}
	}
	p.report(diag.PatchLauncher, diag.Warning, n.Range, path,
		fmt.Sprintf("the leading %q is dropped: devpm's entrypoint does its work", strings.Join(p.strip, " ")),
		"start the command with odoo-bin")
	out := *n
	out.Items = n.Items[len(p.strip):]
	return &out
}
