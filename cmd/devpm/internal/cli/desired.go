package cli

import (
	"encoding/json"
	"path/filepath"
	"slices"

	"github.com/devpm/devpm/compose"
	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/prepare"
	"github.com/devpm/devpm/prepare/observe"
)

const snapshotName = ".odpm/compose/services.snapshot.json"

// desired is everything that the manifest asks for, as values: what planning
// compares with the world.
func (p *project) desired(services []compose.Service) *prepare.Desired {
	m := p.manifest
	d := &prepare.Desired{
		ProjectDir: p.dir, ProjectName: p.name, Stack: m.Stack, Scenario: m.Scenario,
		Inputs: p.shownInputs(), Hooks: p.hooksOfAll(), ProfilesOn: p.profiles, Warnings: p.findings.List(),
		Leases: p.leased.planned(),
	}
	p.addFiles(d)
	p.addFixedNames(d)
	bound := map[string]bool{}
	for _, s := range services {
		service := prepare.Service{
			Name: s.Name, Image: p.imageOf(s), HasHealthcheck: s.HasHealthcheck, Replicas: s.Replicas, Profiles: s.Profiles,
		}
		for _, port := range s.Ports {
			service.Ports = append(service.Ports, prepare.Port{
				HostIP: port.HostIP, Published: port.Published, Protocol: port.Protocol, Range: port.Range, Path: port.Path,
			})
		}
		d.Services = append(d.Services, service)
		if s.Build {
			d.Images = append(d.Images, p.built(s))
		}
		for _, source := range s.BindSources {
			// Only what lies in the project is devpm's to make; the engine makes,
			// or misses, everything else. A name with a dot is taken for a file.
			if inside(p.dir, source) && filepath.Ext(source) == "" && !bound[source] {
				bound[source] = true
				d.Directories = append(d.Directories, prepare.Directory{Path: source, Mode: 0o755})
			}
		}
	}
	if p.layout != nil {
		p.layout.addTo(d)
	}
	d.Database = p.database(services)
	p.addSources(d)
	d.Files = append(d.Files, prepare.LinkIgnores(d.Links)...)
	d.Discovers = p.discovers()
	d.Pending = len(p.manifest.Pending) > 0
	// The stack's own folders are bind sources of its services as well.
	made := map[string]bool{}
	d.Directories = slices.DeleteFunc(d.Directories, func(dir prepare.Directory) bool {
		again := made[dir.Path]
		made[dir.Path] = true
		return again
	})
	p.addSecrets(d)
	return d
}

// addLeaves adds the values that running containers are compared with; a plan
// that asks no engine has no use for them.
func (p *project) addLeaves(d *prepare.Desired) {
	d.Shared = leaves(p.model.SharedLeaves())
	for i := range d.Services {
		d.Services[i].Leaves = leaves(p.model.Leaves(d.Services[i].Name))
	}
}

// leaves are the model's in planning's own words.
func leaves(list []compose.Leaf) []prepare.Leaf {
	out := make([]prepare.Leaf, len(list))
	for i, l := range list {
		out[i] = prepare.Leaf(l)
	}
	return out
}

// shownInputs are the files that were read, as a plan shows them. A dotenv file
// may hold passwords: its hash is keyed, so that nobody can try them out.
func (p *project) shownInputs() []prepare.Input {
	out := slices.Clone(p.inputs)
	for i, in := range out {
		if in.Name == dotenvName || in.Name == homeDotenv || in.Name == userSettingsName {
			out[i].Hash = prepare.KeyedHash(p.secrets.key, []byte(in.Hash))
		}
	}
	return out
}

// addFiles names every file that the model decides, by the step that writes it.
func (p *project) addFiles(d *prepare.Desired) {
	fragments := p.model.Fragments()
	d.Files = append(d.Files, prepare.StandingFiles(len(fragments) > 0)...)
	for _, f := range fragments {
		d.Files = append(d.Files, prepare.File{Step: "compose.fragments", Path: f.Path, Content: f.Content, Mode: 0o644, Service: f.Service})
		d.Fragments = append(d.Fragments, prepare.Fragment{Service: f.Service, Range: f.Range, Extension: f.Extension})
	}
	if len(fragments) > 0 {
		d.Files = append(d.Files, prepare.File{Step: "compose.fragments", Path: snapshotName, Content: p.model.Snapshot(p.manifest.Scenario), Mode: 0o644})
	}
	d.Prunes = append(d.Prunes, prepare.Prune{Step: "compose.fragments", Dir: ".odpm/compose/fragments", Ext: ".yml"})
	for _, patch := range p.model.Patches() {
		d.Patches = append(d.Patches, prepare.Patch{Service: patch.Service, Keys: patch.Keys, Range: patch.Range, Extensions: patch.Extensions})
	}
	if len(p.services()) > 0 {
		d.Files = append(d.Files, prepare.File{Step: "compose.generate", Path: documentName, Content: p.model.YAML(), Mode: 0o644, Marked: true})
	}
}

// written is where the manifest, or else a dependency's, names each service.
func (p *project) written() map[string]diag.Range {
	at := map[string]diag.Range{}
	if n := p.manifest.Services; n != nil {
		for _, member := range n.Members {
			at[member.Key] = member.KeyRange
		}
	}
	for _, nested := range slices.Backward(p.manifest.Nested) {
		for _, member := range nested.Members() {
			if _, taken := at[member.Key]; !taken {
				at[member.Key] = member.KeyRange
			}
		}
	}
	return at
}

// imageOf is the image that the service's containers have: Compose names what
// it builds without an `image` after the project and the service.
func (p *project) imageOf(s compose.Service) string {
	if s.Image == "" && s.Build {
		return p.name + "-" + s.Name
	}
	return s.Image
}

// built describes an image that Compose builds. Its identity stays empty when
// the context cannot be read here, a git URL for one: then it is built anew.
func (p *project) built(s compose.Service) prepare.Image {
	image := prepare.Image{Service: s.Name, Tag: p.imageOf(s)}
	explained, err := p.model.Explain(compose.PathOf("services", s.Name, "build"))
	if err != nil {
		return image
	}
	settings := []byte(explained.Value)
	var build struct {
		Context    string `json:"context"`
		Dockerfile string `json:"dockerfile"`
	}
	if json.Unmarshal(settings, &build.Context) != nil {
		if err := json.Unmarshal(settings, &build); err != nil {
			return image
		}
	}
	if build.Context == "" {
		build.Context = "."
	}
	image.Context = build.Context
	if !filepath.IsAbs(image.Context) {
		image.Context = p.path(image.Context)
	}
	if identity, err := observe.BuildIdentity(image.Context, build.Dockerfile, settings); err == nil {
		image.Identity = identity
	}
	return image
}

func inside(dir, path string) bool {
	rel, err := filepath.Rel(dir, path)
	return err == nil && filepath.IsLocal(rel)
}
