package policy

import (
	"fmt"
	"path"
	"path/filepath"
	"strings"

	"github.com/distribution/reference"

	"github.com/devpm/devpm/compose"
	"github.com/devpm/devpm/diag"
)

// Options is what only the caller knows about the host.
type Options struct {
	compose.ExposureOptions
	HomeDir string // what "~" in patterns stands for
}

// Check judges a document. A rule that denies gives an error, one that warns a
// warning; each finding stands where the value is written, and names the layer
// that set it, the policy and the rule.
func (p *Policy) Check(m *compose.Model, o Options, c *diag.Collector) {
	j := &judge{policy: p, options: o, c: c}
	for _, x := range m.Exposures(o.ExposureOptions) {
		j.exposure(x)
	}
	for _, s := range m.Services() {
		j.service(m, s)
	}
}

type judge struct {
	policy  *Policy
	options Options
	c       *diag.Collector
}

// report adds a finding, unless the rule allows.
func (j *judge) report(v Verdict, code diag.Code, at diag.Range, where, what, rule string, origin compose.Origin) {
	severity := diag.Error
	switch v {
	case Deny:
	case Warn:
		severity = diag.Warning
	default:
		return
	}
	verb := map[Verdict]string{Deny: "denies", Warn: "warns of"}[v]
	set := ""
	if origin.Layer != "" {
		set = fmt.Sprintf(" (set by the %s %s)", origin.Layer, origin.Name)
	}
	j.c.Add(diag.Diagnostic{
		Code: code, Severity: severity, Range: at, Path: where,
		Message: fmt.Sprintf("the policy %s %s%s", verb, what, set),
		Fix:     fmt.Sprintf("change the value, or the rule %s of the policy %s", rule, j.policy),
	})
}

func (j *judge) exposure(x compose.Exposure) {
	p := j.policy
	switch x.Kind {
	case compose.ExposePrivileged:
		j.report(p.Privileged, diag.PolicyPrivileged, x.Range, x.Path, x.Value, "privileged", x.Origin)
	case compose.ExposeHostNetwork:
		j.report(p.HostNetwork, diag.PolicyHostNetwork, x.Range, x.Path, x.Value, "host_network", x.Origin)
	}
	if x.Engine {
		j.report(p.DockerSocket, diag.PolicySocket, x.Range, x.Path, "the engine's socket in "+x.Value, "docker_socket", x.Origin)
	}
	if x.Real != "" {
		v, rule := p.HostPaths.judge(func(pattern string, list Verdict) bool { return j.covers(pattern, x.Real, list) })
		what := "the host path " + x.Value
		if x.Real != x.Value {
			what += ", which is " + x.Real
		}
		j.report(v, diag.PolicyHostPath, x.Range, x.Path, what, "host_paths "+rule, x.Origin)
	}
}

// covers reports whether a pattern covers a path or a directory that holds it.
// What is denied or warned of must not be given with a directory around it
// either, so there a pattern below the path covers it too.
func (j *judge) covers(pattern, real string, list Verdict) bool {
	if rest, ok := strings.CutPrefix(pattern, "~"); ok && (rest == "" || rest[0] == '/') && j.options.HomeDir != "" {
		pattern = j.options.HomeDir + rest
	}
	pattern = path.Clean(filepath.ToSlash(pattern))
	for at := filepath.ToSlash(real); ; at = path.Dir(at) {
		if glob(pattern, at) {
			return true
		}
		if at == path.Dir(at) {
			break
		}
	}
	if list == Allow {
		return false
	}
	literal := pattern
	if i := strings.IndexAny(pattern, "*?"); i >= 0 {
		literal = pattern[:i]
	}
	rel, err := filepath.Rel(real, filepath.FromSlash(literal))
	return literal != "" && err == nil && filepath.IsLocal(rel)
}

func (j *judge) service(m *compose.Model, s compose.Service) {
	at := compose.PathOf("services", s.Name, "image")
	origin, _ := m.Origin(at)
	// What the stack builds itself comes from nowhere.
	if s.Image != "" && (!s.Build || origin.Layer != compose.LayerBuiltin) {
		j.image(m, s, compose.ImageUse{Name: s.Image, Path: at})
	}
	for _, use := range s.MoreImages {
		j.image(m, s, use)
	}
	for _, port := range s.Ports {
		if port.Published > 0 && port.Published < 1024 {
			origin, _ := m.Origin(port.Path)
			j.report(j.policy.PortsBelow1024, diag.PolicyPort, port.Range, port.Path, fmt.Sprintf("the host port %d", port.Published), "ports_below_1024", origin)
		}
	}
}

func (j *judge) image(m *compose.Model, s compose.Service, use compose.ImageUse) {
	v, rule := j.policy.Images.judge(func(pattern string, _ Verdict) bool { return coversImage(pattern, use.Name) })
	origin, _ := m.Origin(use.Path)
	where := origin.Range
	if where == (diag.Range{}) {
		where = s.Range
	}
	j.report(v, diag.PolicyImage, where, use.Path, "the image "+use.Name, "images "+rule, origin)
}

// coversImage reports whether a pattern covers an image under any of its
// names: short and long, with its tag and without.
func coversImage(pattern, image string) bool {
	names := []string{image}
	if named, err := reference.ParseNormalizedNamed(image); err == nil {
		tagged := reference.TagNameOnly(named)
		names = append(names, tagged.String(), named.Name(), reference.FamiliarName(named), reference.FamiliarString(tagged))
	}
	for _, name := range names {
		if glob(pattern, name) {
			return true
		}
	}
	return false
}
