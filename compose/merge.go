package compose

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/manifest"
)

// serviceName is design §7; it also keeps fragment file names inside their
// directory.
var serviceName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)

// merge adds the services of the manifest and of extensions to the base (spec
// §7.1 steps 2 and 3): an extension's service beats the manifest's of the same
// name (design decision 6), new names come sorted after the base.
func (b *builder) merge() {
	sidecars := map[string]member{}
	b.dependencyServices(sidecars)
	b.manifestServices(sidecars)
	b.extensionServices(sidecars)

	for _, name := range sortedKeys(sidecars) {
		s := sidecars[name]
		b.m.sidecars = append(b.m.sidecars, s)
		// Patches change values in place, fragments show them before: copy.
		v := s.value.clone()
		b.targets[name] = v
		b.m.services.members = append(b.m.services.members, member{name, s.keyRange, v})
	}
}

func (b *builder) manifestServices(sidecars map[string]member) {
	services := b.in.Manifest.Services
	if services == nil {
		return
	}
	for _, s := range services.Members {
		if b.reserved(s.Key) {
			// manifest has already said so for the stacks it knows.
			if b.in.Builtin.Name != manifest.StackOdoo {
				b.addReserved(s, "the stack "+quote(b.in.Builtin.Name))
			}
			continue
		}
		l := b.manifest
		if b.in.Manifest.Overlaid(s.KeyRange) {
			l = b.overlay
		}
		v := fromNode(s.Value, l)
		// `source` names a service source for devpm and is not Compose's (spec §3.3).
		if i := v.index("source"); i >= 0 {
			v.members = slices.Delete(v.members, i, i+1)
		}
		b.shadow(sidecars[s.Key], s.KeyRange, v)
		sidecars[s.Key] = member{s.Key, s.KeyRange, v}
	}
}

func (b *builder) extensionServices(sidecars map[string]member) {
	for _, f := range b.in.Fragments {
		if f.Services == nil {
			continue
		}
		if f.Services.Kind != manifest.Object {
			b.c.Add(diag.Diagnostic{
				Code: diag.FragmentShape, Range: f.Services.Range, Path: "services",
				Message: fmt.Sprintf("the extension %s gives %s as its services, not a map", quote(f.Extension), kindName(f.Services.Kind)),
				Fix:     "update or disable the extension",
			})
			continue
		}
		l := &layer{LayerExtension, f.Extension}
		for _, s := range f.Services.Members {
			path := joinKey("services", s.Key)
			if b.reserved(s.Key) {
				b.addReserved(s, "the extension "+quote(f.Extension))
				continue
			}
			if !serviceName.MatchString(s.Key) {
				b.c.Add(diag.Diagnostic{
					Code: diag.FragmentServiceName, Range: s.KeyRange, Path: path,
					Message: fmt.Sprintf("the extension %s names a service %s, which is no service name", quote(f.Extension), quote(s.Key)),
					Fix:     "a service name has letters, digits, \".\", \"_\" and \"-\", and starts with a letter or digit",
				})
				continue
			}
			v := fromNode(s.Value, l)
			if other, ok := sidecars[s.Key]; ok {
				if other.value.layer.kind == LayerExtension {
					b.c.Add(diag.Diagnostic{
						Code: diag.ServiceTwice, Range: s.KeyRange, Path: path,
						Message: fmt.Sprintf("the extensions %s and %s both declare this service", quote(other.value.layer.name), quote(f.Extension)),
						Fix:     "disable one of the two extensions",
						Related: related(other.keyRange, "first declared here"),
					})
					continue
				}
				b.c.Add(diag.Diagnostic{
					Code: diag.ServiceShadowed, Severity: diag.Warning, Range: other.keyRange, Path: path,
					Message: fmt.Sprintf("the extension %s declares this service too: the extension's wins, the one of %s is not used",
						quote(f.Extension), other.value.layer.title()),
					Fix:     "remove the service from the manifest, rename it, or change the extension's through service_patches",
					Related: related(s.KeyRange, "declared by the extension here"),
				})
				v.replaced = other.value
			}
			sidecars[s.Key] = member{s.Key, s.KeyRange, v}
		}
	}
}

func (b *builder) reserved(name string) bool {
	return b.in.Builtin != nil && (slices.Contains(b.in.Builtin.Reserved, name) || b.m.builtin[name])
}

func (b *builder) addReserved(s manifest.Member, who string) {
	d := diag.Diagnostic{
		Code: diag.StackServiceTaken, Range: s.KeyRange, Path: joinKey("services", s.Key),
		Message: "this name belongs to the stack " + quote(b.in.Builtin.Name),
	}
	target := s.Key
	if alias := b.in.Builtin.Aliases[target]; alias != "" {
		target = alias
	}
	if s.KeyRange.File == "" || !strings.HasPrefix(who, "the stack") {
		d.Message = who + " declares a service whose name belongs to the stack " + quote(b.in.Builtin.Name)
	}
	d.Fix = "choose another name; to change the stack's own service use " + joinKey("service_patches", target)
	b.c.Add(d)
}

// clone copies containers; scalars are never changed in place and are shared.
func (v *value) clone() *value {
	if v.kind != manifest.Object && v.kind != manifest.Array {
		return v
	}
	out := *v
	out.members = slices.Clone(v.members)
	for i := range out.members {
		out.members[i].value = out.members[i].value.clone()
	}
	out.items = slices.Clone(v.items)
	for i := range out.items {
		out.items[i] = out.items[i].clone()
	}
	return &out
}
