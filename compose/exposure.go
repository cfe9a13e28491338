package compose

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/manifest"
)

// ExposureKind names a way in which a document gives something of the host to a
// container, or lets Compose run something on the host.
type ExposureKind string

// The kinds.
const (
	ExposePrivileged  ExposureKind = "privileged"      // every right on the host's kernel
	ExposeHostNetwork ExposureKind = "host_network"    // the host's network, or that of a container outside of the project
	ExposeNamespace   ExposureKind = "host_namespace"  // processes, memory, users … of the host or of a foreign container
	ExposeHostPath    ExposureKind = "host_path"       // a file or directory outside of the project
	ExposeSocket      ExposureKind = "socket"          // a socket of the host, the engine's own among them
	ExposeDevice      ExposureKind = "device"          // a device of the host
	ExposeCapability  ExposureKind = "capability"      // a kernel capability that containers do not have
	ExposeSecurity    ExposureKind = "security_option" // a protection that is taken away
	ExposeVolume      ExposureKind = "external_volume" // a volume that another project made
	ExposeProgram     ExposureKind = "host_program"    // a program that Compose itself starts on the host
)

// Exposure is one such place of the document.
type Exposure struct {
	Kind    ExposureKind
	Service string // "" beside services
	Value   string // what is given: "/etc", "SYS_ADMIN"
	Written string // the whole entry of the document: "/etc:/host/etc:ro"
	// Real is a host path after "~", "..", the project's directory and symbolic
	// links are resolved; "" for other kinds.
	Real string
	// Engine is set when what is given is the engine's socket or holds it:
	// whoever has it is root on the host.
	Engine bool
	Path   string // "services.web.volumes[0]"
	Range  diag.Range
	Origin Origin
}

// ExposureOptions is what only the caller knows about the host.
type ExposureOptions struct {
	// Resolve follows the symbolic links of an absolute path; it returns the
	// path itself where it cannot. nil: links are not followed.
	Resolve func(path string) string
	// Sockets are the absolute paths at which the engine listens.
	Sockets []string
}

// Exposures lists what the document gives away of the host, in the order of
// the document. What lies in the project is the project's own.
func (m *Model) Exposures(o ExposureOptions) []Exposure {
	if o.Resolve == nil {
		o.Resolve = func(path string) string { return path }
	}
	x := &exposures{m: m, o: o, project: filepath.Clean(m.input.ProjectDir)}
	x.project = o.Resolve(x.project)
	for _, s := range m.services.members {
		if s.value.kind == manifest.Object {
			x.service = s.key
			path := joinKey("services", s.key)
			x.of(s.value, s.keyRange, path)
			for i, before := range itemsOf(s.value.get("pre_start")) { // containers of their own
				x.of(before, s.keyRange, joinIndex(joinKey(path, "pre_start"), i))
			}
		}
	}
	x.service = ""
	x.beside()
	return x.found
}

type exposures struct {
	m       *Model
	o       ExposureOptions
	project string
	service string
	found   []Exposure
}

func (x *exposures) add(kind ExposureKind, v *value, text, path string, around diag.Range) {
	x.found = append(x.found, Exposure{
		Kind: kind, Service: x.service, Value: text, Written: scalarOrJSON(v), Path: path, Range: place(v.rng(), around), Origin: v.origin(),
	})
}

// of looks at one container: a service's, or one that runs before it.
func (x *exposures) of(v *value, at diag.Range, path string) {
	sub := func(key string) string { return joinKey(path, key) }
	if p := v.get("privileged"); p.isTrue() {
		x.add(ExposePrivileged, p, "a privileged container", sub("privileged"), at)
	}
	for _, key := range []string{"post_start", "pre_stop"} {
		for i, hook := range itemsOf(v.get(key)) {
			if p := hook.get("privileged"); p.isTrue() {
				x.add(ExposePrivileged, p, "a privileged "+key+" hook", joinKey(joinIndex(sub(key), i), "privileged"), at)
			}
		}
	}
	for _, key := range []string{"network_mode", "pid", "ipc", "uts", "userns_mode", "cgroup"} {
		text := v.get(key).textOf()
		if text != "host" && !strings.HasPrefix(text, "container:") {
			continue
		}
		kind := ExposeNamespace
		if key == "network_mode" {
			kind = ExposeHostNetwork
		}
		x.add(kind, v.get(key), key+": "+text, sub(key), at)
	}
	if v.get("use_api_socket").isTrue() {
		x.add(ExposeSocket, v.get("use_api_socket"), "use_api_socket", sub("use_api_socket"), at)
		x.found[len(x.found)-1].Engine = true
	}
	for _, list := range []struct {
		key  string
		kind ExposureKind
	}{{"devices", ExposeDevice}, {"device_cgroup_rules", ExposeDevice}, {"cap_add", ExposeCapability}, {"security_opt", ExposeSecurity}} {
		for i, item := range itemsOf(v.get(list.key)) {
			if text := scalarOrJSON(item); list.kind != ExposeSecurity || loosens(text) {
				x.add(list.kind, item, text, joinIndex(sub(list.key), i), at)
			}
		}
	}
	x.gpus(v, at, path)
	if text := v.get("cgroup_parent").textOf(); text != "" {
		x.add(ExposeNamespace, v.get("cgroup_parent"), "cgroup_parent: "+text, sub("cgroup_parent"), at)
	}
	if provider := v.get("provider"); provider != nil {
		x.add(ExposeProgram, provider, scalarOrJSON(provider), sub("provider"), at)
	}
	for i, item := range itemsOf(v.get("volumes_from")) {
		if strings.HasPrefix(item.textOf(), "container:") {
			x.add(ExposeNamespace, item, item.text, joinIndex(sub("volumes_from"), i), at)
		}
	}
	for i, entry := range itemsOf(v.get("volumes")) {
		mount, ok := readMount(entry)
		if !ok || mount.source == "" {
			continue
		}
		switch mount.kind {
		case "bind":
			x.path(entry, mount.source, joinIndex(sub("volumes"), i), at)
		case "npipe":
			x.add(ExposeSocket, entry, mount.source, joinIndex(sub("volumes"), i), at)
			x.found[len(x.found)-1].Engine = strings.Contains(mount.source, "docker")
		}
	}
	x.files(v, at, path)
	x.build(v.get("build"), at, sub("build"))
}

// gpus are devices in two more spellings.
func (x *exposures) gpus(v *value, at diag.Range, path string) {
	if g := v.get("gpus"); g != nil && g.kind != manifest.Null {
		x.add(ExposeDevice, g, "gpus: "+scalarOrJSON(g), joinKey(path, "gpus"), at)
	}
	devices := v.get("deploy").get("resources").get("reservations").get("devices")
	base := joinKey(joinKey(joinKey(joinKey(path, "deploy"), "resources"), "reservations"), "devices")
	for i, item := range itemsOf(devices) {
		x.add(ExposeDevice, item, scalarOrJSON(item), joinIndex(base, i), at)
	}
}

// files are the keys through which Compose reads a file of the host and hands
// its content to the container or takes more of the document from it.
func (x *exposures) files(v *value, at diag.Range, path string) {
	for _, key := range []string{"env_file", "label_file"} {
		n := v.get(key)
		if n.is(manifest.String) {
			x.path(n, n.text, joinKey(path, key), at)
		}
		for i, item := range itemsOf(n) {
			text := item.textOf()
			if text == "" {
				text = item.get("path").textOf()
			}
			x.path(item, text, joinIndex(joinKey(path, key), i), at)
		}
	}
	for _, pair := range [][2]string{{"extends", "file"}, {"credential_spec", "file"}} {
		n := v.get(pair[0]).get(pair[1])
		x.path(n, n.textOf(), joinKey(joinKey(path, pair[0]), pair[1]), at)
	}
	for i, item := range itemsOf(v.get("develop").get("watch")) {
		x.path(item, item.get("path").textOf(), joinIndex(joinKey(joinKey(path, "develop"), "watch"), i), at)
	}
}

// build looks at what an image's build gets of the host.
func (x *exposures) build(v *value, at diag.Range, path string) {
	if v.is(manifest.String) {
		x.context(v, v.text, path, at)
		return
	}
	sub := func(key string) string { return joinKey(path, key) }
	x.context(v.get("context"), v.get("context").textOf(), sub("context"), at)
	if file := v.get("dockerfile").textOf(); filepath.IsAbs(file) {
		x.path(v.get("dockerfile"), file, sub("dockerfile"), at)
	} else if context := v.get("context").textOf(); file != "" && !remote(context) {
		x.path(v.get("dockerfile"), filepath.Join(x.m.absolute(context), file), sub("dockerfile"), at)
	}
	switch extra := v.get("additional_contexts"); {
	case extra.is(manifest.Object):
		for _, m := range extra.members {
			x.context(m.value, m.value.textOf(), joinKey(sub("additional_contexts"), m.key), at)
		}
	case extra.is(manifest.Array):
		for i, item := range extra.items {
			_, text, _ := strings.Cut(item.textOf(), "=")
			x.context(item, text, joinIndex(sub("additional_contexts"), i), at)
		}
	}
	if p := v.get("privileged"); p.isTrue() {
		x.add(ExposePrivileged, p, "a privileged build", sub("privileged"), at)
	}
	if n := v.get("network"); n.textOf() == "host" {
		x.add(ExposeHostNetwork, n, "build network: host", sub("network"), at)
	}
	for i, item := range itemsOf(v.get("entitlements")) {
		x.add(ExposePrivileged, item, "the build entitlement "+item.textOf(), joinIndex(sub("entitlements"), i), at)
	}
	if ssh := v.get("ssh"); ssh != nil && ssh.kind != manifest.Null {
		x.add(ExposeSocket, ssh, "the ssh agent, for the build: "+scalarOrJSON(ssh), sub("ssh"), at)
	}
}

// beside looks at what stands beside services.
func (x *exposures) beside() {
	for _, m := range membersOf(x.m.root.get("volumes")) {
		path := joinKey("volumes", m.key)
		x.driver(m.value.get("driver_opts"), m.keyRange, joinKey(path, "driver_opts"))
		if external := m.value.get("external"); external.isTrue() || external.is(manifest.Object) {
			name := m.value.get("name").textOf()
			if name == "" {
				name = m.key
			}
			x.add(ExposeVolume, m.value, name, path, m.keyRange)
		}
	}
	for _, m := range membersOf(x.m.root.get("networks")) {
		name := m.value.get("name").textOf()
		if external := m.value.get("external"); external.isTrue() && name == "" {
			name = m.key
		}
		if driver := m.value.get("driver").textOf(); name == "host" || driver == "host" {
			x.add(ExposeHostNetwork, m.value, "the network host", joinKey("networks", m.key), m.keyRange)
		}
	}
	for _, section := range []string{"configs", "secrets"} {
		for _, m := range membersOf(x.m.root.get(section)) {
			file := m.value.get("file")
			x.path(file, file.textOf(), joinKey(joinKey(section, m.key), "file"), m.keyRange)
		}
	}
}

// driver looks at the options of a volume: what it is made from, and directories
// that are laid over each other in it.
func (x *exposures) driver(v *value, at diag.Range, path string) {
	device, options := v.get("device"), v.get("o")
	words := strings.Split(options.textOf(), ",")
	if text := device.textOf(); slices.Contains(words, "bind") || shortKind(text) == "bind" {
		x.path(device, text, joinKey(path, "device"), at)
	}
	for _, word := range words {
		_, list, _ := strings.Cut(word, "=")
		for dir := range strings.SplitSeq(list, ":") {
			if filepath.IsAbs(dir) {
				x.path(options, dir, joinKey(path, "o"), at)
			}
		}
	}
}

// context is a build context: a directory unless it names its kind.
func (x *exposures) context(v *value, text, path string, at diag.Range) {
	if !remote(text) {
		x.path(v, text, path, at)
	}
}

// remote reports whether a build context is none of the host's directories.
func remote(context string) bool {
	return strings.Contains(context, "://") || strings.HasPrefix(context, "git@") || strings.HasPrefix(context, "service:") || strings.HasPrefix(context, "target:")
}

// path is a host path: nothing when it lies in the project, links followed.
func (x *exposures) path(v *value, source, path string, at diag.Range) {
	if source == "" {
		return
	}
	real := x.o.Resolve(filepath.Clean(x.m.absolute(source)))
	if rel, err := filepath.Rel(x.project, real); err == nil && filepath.IsLocal(rel) && x.project != "." {
		return
	}
	kind := ExposeHostPath
	if strings.HasSuffix(real, ".sock") || slices.Contains(x.o.Sockets, real) {
		kind = ExposeSocket
	}
	x.add(kind, v, source, path, at)
	last := &x.found[len(x.found)-1]
	last.Real = real
	for _, socket := range append([]string{"/var/run/docker.sock", "/run/docker.sock"}, x.o.Sockets...) {
		if rel, err := filepath.Rel(real, socket); err == nil && filepath.IsLocal(rel) {
			last.Engine = true
		}
	}
}

// loosens reports whether a security option takes a protection away.
// no-new-privileges and a named profile add one.
func loosens(option string) bool {
	option = strings.Replace(option, "=", ":", 1)
	kind, value, _ := strings.Cut(option, ":")
	switch kind {
	case "no-new-privileges":
		return value == "false"
	case "label":
		return strings.HasPrefix(value, "disable") || strings.HasPrefix(value, "type:")
	default:
		return true // unconfined, a profile from a file, what later engines invent
	}
}

func itemsOf(v *value) []*value {
	if !v.is(manifest.Array) {
		return nil
	}
	return v.items
}

func membersOf(v *value) []member {
	if !v.is(manifest.Object) {
		return nil
	}
	return v.members
}

func scalarOrJSON(v *value) string {
	if v.is(manifest.String) {
		return v.text
	}
	return v.json()
}
