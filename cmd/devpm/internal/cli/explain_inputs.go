package cli

import (
	"errors"
	"io/fs"
	"os"

	"github.com/devpm/devpm/cmd/devpm/internal/view"
	"github.com/devpm/devpm/compose"
	"github.com/devpm/devpm/manifest"
	"github.com/devpm/devpm/manifest/secrets"
	"github.com/devpm/devpm/prepare"
	"github.com/devpm/devpm/prepare/lock"
)

// whyFile says what a generated file is made from.
func (p *project) whyFile(path, step, service string) compose.Reason {
	m := p.manifest
	file := func(name string) manifest.Choice {
		c := manifest.Choice{Use: manifest.Use{Name: name}}
		c.Range.File = name
		return c
	}
	set := func(keys ...string) (out []manifest.Choice) {
		for _, key := range keys {
			if c := m.Setting(key); c.Use.Origin != manifest.FromDefault {
				c.Value = "" // a list, a map or a link; its place is what counts
				out = append(out, c)
			}
		}
		return out
	}
	var account []manifest.Choice
	if p.layout != nil {
		account = p.layout.causes.Account
	}
	because := func(rule string, by ...[]manifest.Choice) compose.Reason {
		var all []manifest.Choice
		for _, b := range by {
			all = append(all, b...)
		}
		return compose.Because(rule, all...)
	}
	scenario := []manifest.Choice{m.ScenarioBy}
	links := set("platform.git", "developing.git", "dependencies")
	switch {
	case path == documentName:
		return because("the stack's services, those of the manifest and its dependencies, and patches over them",
			set("services", "service_patches", "volumes", "networks", "configs", "scenarios"), p.dotenvInputs(), scenario)
	case path == snapshotName:
		return because("the services of the manifest and its dependencies as they are before patches", set("services", "dependencies"), scenario)
	case step == "compose.fragments" && service != "":
		by := []manifest.Choice{}
		if at, ok := p.written()[service]; ok {
			by = append(by, manifest.Choice{Value: service, Use: manifest.Use{Name: compose.PathOf("services", service)}, Range: at})
		}
		return because("the service "+service+" as it is before patches", by)
	case path == "Dockerfile":
		base := []manifest.Choice{m.Setting("python"), m.Setting("distro.version")}
		if p.layout != nil && p.layout.baseImage != "" {
			base = []manifest.Choice{{Value: p.layout.baseImage, Use: manifest.Use{Name: "DEVPM_BASE_IMAGE", Origin: "environment"}}}
		}
		return because("Python on its Debian, the packages that Odoo needs, and the container's user", base, account, scenario)
	case path == ".dockerignore":
		return because("the image copies nothing from the project, so nothing is sent to the engine")
	case path == "odoo.conf":
		return because("your own lines, over them the manifest's odoo_conf, over them what devpm manages: the database and the paths", set("odoo_conf", "platform_name"), links, account, scenario)
	case path == runtimeConfigName:
		return because("what the container is told of the platform, the add-ons and the database", links, []manifest.Choice{m.VersionSetting()}, account, scenario)
	case path == requirementsName:
		return because("the manifest's requirements in pip's format", set("requirements"), scenario)
	case path == ".odpm/runtime/entrypoint.sh":
		return because("the container's first process, the same for every project of this version of devpm")
	case step == stepDebugProfile:
		return because("how a debugger reaches the platform, and which folder is which in the container", p.portInputs(), links, scenario)
	case step == stepVSCode, step == stepPyCharm:
		return because("what the editor needs to find the container's code; your own settings in the file stay", p.portInputs(), set("python"), links, scenario)
	case path == secrets.RuntimePath:
		return because("the copy of the secrets that the container mounts", p.secretsReason().Causes)
	case path == secrets.Path:
		return because("the values of secrets, as the provider or --secrets-file gave them")
	case step == "project.map_folders":
		return because("what is generated, secret or one machine's matter stays out of git")
	case path == ".odpm/compose/fragments/.gitignore":
		return because("generated fragments stay out of git")
	default:
		return because("generated from the manifest", []manifest.Choice{file(m.Document.File)})
	}
}

// dotenvInputs are the dotenv files that were read.
func (p *project) dotenvInputs() (out []manifest.Choice) {
	for _, in := range p.inputs {
		if in.Name == dotenvName || in.Name == homeDotenv || in.Name == userSettingsName {
			c := manifest.Choice{Use: manifest.Use{Name: in.Name}}
			c.Range.File = in.Name
			out = append(out, c)
		}
	}
	return out
}

func (p *project) portInputs() []manifest.Choice {
	return []manifest.Choice{p.portSetting("DEBUGGER_PORT", "5678")}
}

// filesOfRuns are the files that a run leaves which no step of a plan writes
// every time: locks, and what devpm notes for itself.
func (p *project) filesOfRuns() []view.FileExplanation {
	var out []view.FileExplanation
	for _, f := range []struct{ path, writer, description, rule string }{
		{lock.Path, "devpm lock update", "Lock what the project uses", "repositories by commit, images by digest and extensions by hash, as they were when they were locked"},
		{lock.DependenciesPath, "devpm lock update", "Lock repositories for odpm too", "the repositories by commit, in the form that odpm reads; `devpm up --update-lock` writes it too"},
		{prepare.RecordPath, "devpm up", "Note what was done", "what the last run that succeeded has made, so that the next plan knows what is to be done"},
	} {
		e := view.FileExplanation{Path: f.path, Writer: f.writer, Description: f.description, Now: "there", Reason: compose.Because(f.rule)}
		info, err := os.Lstat(p.path(f.path))
		switch {
		case errors.Is(err, fs.ErrNotExist):
			e.Now = "missing"
		case err != nil:
			e.Now = cause(err)
		default:
			e.Mode = info.Mode().Perm()
		}
		out = append(out, e)
	}
	return out
}
