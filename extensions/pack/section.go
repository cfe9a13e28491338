package pack

import (
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/extensions/protocol"
	"github.com/devpm/devpm/manifest"
)

// The keys of the devpm section and of what is below it. `context`, `scopes` and
// `tools` are for apps and read by what serves them.
var (
	sectionKeys    = []string{"runtime", "entry", "capabilities", "network", "description", "binaries", "contributes", "context", "scopes", "tools"}
	contributeKeys = []string{"services", "service_patches", "hooks", "prepare_steps"}
	stepKeys       = []string{"id", "order", "description"}
)

// section reads `devpm`. Without it the package is a command as Stonebranch's
// agents run it.
func (r *metadataReader) section(root *manifest.Node) {
	m := r.m
	n := r.object(root, "devpm", "")
	if n == nil {
		return
	}
	m.Declared = true
	m.Place["devpm"] = n.Range
	r.known(n, "devpm", sectionKeys)
	r.runtime(n)
	if v := n.Get("network"); v != nil {
		if v.Kind != manifest.Bool {
			r.fault(diag.PackageType, v.Range, "devpm.network", "true or false is expected, not "+v.Describe(), "write true or false, without quotes")
		}
		m.Network = v.Text == "true"
	}
	m.Description, _ = r.text(n, "devpm", "description")
	r.capabilities(n)
	r.binaries(n)
	if contributes := r.object(n, "contributes", "devpm"); contributes != nil {
		r.contributes(contributes)
	}
	r.fits(n)
}

func (r *metadataReader) known(n *manifest.Node, path string, keys []string) {
	for _, m := range n.Members {
		if !slices.Contains(keys, m.Key) && !strings.HasPrefix(m.Key, "x-") {
			r.fault(diag.PackageKey, m.KeyRange, join(path, m.Key), fmt.Sprintf("the key %q is not known here", m.Key), manifest.DidYouMean(m.Key, keys, "keys"))
		}
	}
}

var moduleForm = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*$`)

func (r *metadataReader) runtime(n *manifest.Node) {
	m := r.m
	value, ok := r.text(n, "devpm", "runtime")
	m.Runtime = Runtime(value)
	switch {
	case !ok:
		r.fault(diag.PackageMissing, n.Range, "devpm.runtime", "the key is missing", "write runtime: python, exec or declarative")
	case !slices.Contains(runtimes, value) && n.Get("runtime").Kind == manifest.String:
		r.fault(diag.PackageRuntime, m.at("devpm.runtime"), "devpm.runtime", fmt.Sprintf("%q is no runtime", value), manifest.DidYouMean(value, runtimes, "runtimes"))
	}
	entry, ok := r.text(n, "devpm", "entry")
	m.Entry = entry
	if !ok || n.Get("entry").Kind != manifest.String {
		return
	}
	at := m.at("devpm.entry")
	switch {
	case m.Runtime == Declarative:
		r.fault(diag.PackageRuntime, at, "devpm.entry", "a declarative package runs nothing, so it has no entry", "remove the key, or write runtime: python or exec")
	case m.Runtime == Python && !moduleForm.MatchString(entry):
		r.fault(diag.PackageRuntime, at, "devpm.entry", fmt.Sprintf("%q is not the name of a module", entry), "write it as in an import: entry: mailpit_tools")
	case m.Runtime == Exec && !insidePath(entry):
		r.fault(diag.PackageBinary, at, "devpm.entry", fmt.Sprintf("%q is not a path in the package", entry), "write a relative path with slashes: entry: bin/tool")
	}
}

// insidePath reports whether a name is a clean relative path with slashes.
func insidePath(name string) bool {
	return name != "" && name != "." && path.Clean(name) == name && !path.IsAbs(name) && !strings.ContainsAny(name, "\\:\x00") && name != ".." && !strings.HasPrefix(name, "../")
}

func (r *metadataReader) capabilities(n *manifest.Node) {
	v := n.Get("capabilities")
	if v == nil || v.Kind == manifest.Null {
		return
	}
	if v.Kind != manifest.Array {
		r.fault(diag.PackageType, v.Range, "devpm.capabilities", "a list is expected, not "+v.Describe(), `write capabilities: ["compose.fragment/1"]`)
		return
	}
	var known []string
	for _, c := range protocol.Capabilities() {
		known = append(known, string(c))
	}
	for i, item := range v.Items {
		at := fmt.Sprintf("devpm.capabilities[%d]", i)
		name, _, versioned := strings.Cut(item.Text, "/")
		switch {
		case item.Kind != manifest.String:
			r.fault(diag.PackageType, item.Range, at, "a string is expected, not "+item.Describe(), `write names such as "compose.fragment/1"`)
		case slices.Contains(r.m.Capabilities, protocol.Capability(item.Text)):
			r.warn(diag.PackageCapability, item.Range, at, fmt.Sprintf("%q is there twice", item.Text), "remove one")
		case slices.Contains(known, item.Text):
			r.m.Capabilities = append(r.m.Capabilities, protocol.Capability(item.Text))
		case versioned && slices.ContainsFunc(known, func(k string) bool { return strings.HasPrefix(k, name+"/") }):
			r.warn(diag.PackageCapability, item.Range, at, fmt.Sprintf("this devpm does not know %s, and leaves it unused", item.Text), manifest.DidYouMean(item.Text, known, "capabilities"))
		default:
			r.fault(diag.PackageCapability, item.Range, at, fmt.Sprintf("%q is no capability", item.Text), manifest.DidYouMean(item.Text, known, "capabilities"))
		}
	}
}

var platformForm = regexp.MustCompile(`^(linux|darwin|windows|freebsd)/(amd64|arm64|386|arm|riscv64|ppc64le|s390x|loong64)$`)

func (r *metadataReader) binaries(n *manifest.Node) {
	v := r.object(n, "binaries", "devpm")
	if v == nil {
		return
	}
	r.m.Binaries = map[string]string{}
	for _, b := range v.Members {
		at := "devpm.binaries." + b.Key
		switch {
		case !platformForm.MatchString(b.Key):
			r.fault(diag.PackageBinary, b.KeyRange, at, fmt.Sprintf("%q is no platform", b.Key), "write system and processor as Go names them: linux/amd64, linux/arm64, darwin/arm64, windows/amd64")
		case b.Value.Kind != manifest.String:
			r.fault(diag.PackageType, b.Value.Range, at, "a string is expected, not "+b.Value.Describe(), "write the path of the program in the package")
		case !insidePath(b.Value.Text):
			r.fault(diag.PackageBinary, b.Value.Range, at, fmt.Sprintf("%q is not a path in the package", b.Value.Text), "write a relative path with slashes: bin/tool")
		default:
			r.m.Place[at] = b.Value.Range
			r.m.Binaries[b.Key] = b.Value.Text
		}
	}
}

// fits judges keys that are right by themselves and wrong together.
func (r *metadataReader) fits(n *manifest.Node) {
	m := r.m
	at := func(key string) diag.Range {
		for _, member := range n.Members {
			if member.Key == key {
				return member.KeyRange
			}
		}
		return n.Range
	}
	if m.Runtime != Exec && n.Get("binaries") != nil {
		r.fault(diag.PackageRuntime, at("binaries"), "devpm.binaries", fmt.Sprintf("a package of runtime %s has no programs", m.Runtime), "write runtime: exec, or remove the key")
	}
	if m.Runtime == Exec && n.Get("binaries") == nil && n.Get("entry") == nil {
		r.fault(diag.PackageMissing, at("runtime"), "devpm.binaries", "the program is missing", "name it for each platform, as binaries: {linux/amd64: bin/tool}, or once for all as entry: bin/tool")
	}
	if m.Runtime == Declarative && m.Network {
		r.fault(diag.PackageRuntime, at("network"), "devpm.network", "a declarative package runs nothing, so it has no use for the network", "remove the key")
	}
	if m.Runtime == Declarative && len(m.Capabilities) > 0 {
		r.fault(diag.PackageRuntime, at("capabilities"), "devpm.capabilities", "a declarative package runs nothing: what it can do is what it contributes", "remove the key")
	}
	if m.Runtime == Declarative && m.Contributes.Services == nil && m.Contributes.Patches == nil && m.Contributes.Hooks == nil && n.Get("contributes").Get("prepare_steps") == nil {
		r.warn(diag.PackageContributes, n.Range, "devpm.contributes", "the package contributes nothing", "add services, service_patches or hooks")
	}
	if m.Runtime == Exec && m.ZipSafeGiven && m.ZipSafe {
		r.warn(diag.PackageZipSafe, m.at("extension.zip_safe"), "extension.zip_safe", "a program cannot run from an archive: it is extracted", "write zip_safe: false")
	}
}

// Offers are the capabilities of the package: those that it names, and those of
// what it contributes as data.
func (m *Metadata) Offers() []protocol.Capability {
	has := map[protocol.Capability]bool{}
	for _, c := range m.Capabilities {
		has[c] = true
	}
	has[protocol.ComposeFragment] = has[protocol.ComposeFragment] || m.Contributes.Services != nil
	has[protocol.ComposePatch] = has[protocol.ComposePatch] || m.Contributes.Patches != nil
	has[protocol.Hooks] = has[protocol.Hooks] || m.Contributes.Hooks != nil
	has[protocol.PrepareSteps] = has[protocol.PrepareSteps] || len(m.Contributes.Steps) > 0
	has[protocol.Commands] = has[protocol.Commands] || m.Command()
	maps.DeleteFunc(has, func(_ protocol.Capability, on bool) bool { return !on })
	var out []protocol.Capability
	for _, c := range protocol.Capabilities() {
		if has[c] {
			out = append(out, c)
		}
	}
	return out
}
