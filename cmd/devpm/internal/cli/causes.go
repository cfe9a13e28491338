package cli

import (
	"github.com/devpm/devpm/compose"
	"github.com/devpm/devpm/manifest"
	"github.com/devpm/devpm/manifest/secrets"
	"github.com/devpm/devpm/prepare/odoo"
)

// odooCauses are the settings that the stack's values come from, for explain.
func (p *project) odooCauses(s odoo.Settings) compose.OdooCauses {
	m := p.manifest
	c := compose.OdooCauses{
		Scenario: m.ScenarioBy, Postgres: m.Setting("postgres"), PlatformName: m.Setting("platform_name"),
		PostgresPort: p.portSetting("POSTGRES_PORT", "5432"), OdooPort: p.portSetting("ODOO_PORT", "8069"),
		GeventPort: p.portSetting("GEVENT_PORT", "8072"), DebuggerPort: p.portSetting("DEBUGGER_PORT", "5678"),
		Context: []manifest.Choice{m.ScenarioBy},
	}
	login := manifest.Choice{Value: s.Login, Use: manifest.Use{Name: "login", Origin: manifest.FromHost}}
	switch {
	case m.Scenario == odoo.CI:
		c.AccountRule, c.Account = "a ci image has a user of its own", []manifest.Choice{m.ScenarioBy}
		c.ImageRule = "the ci image is named after the platform and its version"
		c.Image = []manifest.Choice{m.Setting("platform_name"), m.VersionSetting(), m.ScenarioBy}
		if s.ImageTag != "" {
			c.ImageRule, c.Image = "--image-tag names the ci image", []manifest.Choice{m.ScenarioBy}
		}
		return c
	case s.Login == "root" || s.UID == 0:
		c.AccountRule = "root stays root, so that mounted files keep their owner"
	default:
		c.AccountRule = "the container's user is called like yours, so that mounted files keep their owner"
	}
	c.Account = []manifest.Choice{login}
	c.ImageRule = "the image is named after what it is built for"
	arch := m.Setting("arch")
	if m.Arch != arch.Value {
		arch.Value = m.Arch
		arch.Use.Origin = manifest.FromHost
	}
	c.Image = []manifest.Choice{arch, m.Setting("python"), m.Setting("distro.name"), m.Setting("distro.version"), m.ScenarioBy}
	if s.ImageProfile.Value != "" {
		c.Image = append(c.Image[:4], s.ImageProfile)
	}
	return c
}

// portSetting is the variable of a port; one that is not set, or that says no
// port, has the default.
func (p *project) portSetting(variable, standard string) manifest.Choice {
	c := p.env.FileChoice(variable)
	if c.Value == "" {
		c = manifest.Choice{Use: manifest.Use{Name: variable, Origin: manifest.FromDefault}}
	}
	if c.Use.Origin == manifest.FromDefault {
		c.Value = standard
	}
	return c
}

// secretsReason is why the container has the secrets.
func (p *project) secretsReason() compose.Reason {
	r := compose.Reason{Rule: "the odoo service gets a copy of the secrets; in ci no container does"}
	switch s := &p.secrets; {
	case s.file != nil:
		at := manifest.Choice{Use: manifest.Use{Name: "secrets", Origin: s.file.Name}}
		at.Range.File = s.file.Name
		r.Causes = append(r.Causes, at)
	case s.fetch != "":
		r.Causes = append(r.Causes, manifest.Choice{Value: s.provider.Type, Use: manifest.Use{Name: secrets.TypeVariable, Origin: "secrets.fetch"}})
	}
	r.Causes = append(r.Causes, p.manifest.ScenarioBy)
	return r
}

// leasedBy is what asks for leased host ports.
func (p *project) leasedBy(app *App) manifest.Choice {
	switch {
	case app.Ports != "":
		return manifest.Choice{Value: app.Ports, Use: manifest.Use{Name: "--ports"}}
	case p.leased.asked:
		if mode, ok := app.Lookup("DEVPM_PORTS"); ok && mode != "" {
			return manifest.Choice{Value: mode, Use: manifest.Use{Name: "DEVPM_PORTS", Origin: "environment"}}
		}
		return manifest.Choice{Value: portsAuto, Use: manifest.Use{Name: "--ports", Origin: "the last up"}}
	default:
		return p.manifest.Setting("ports")
	}
}
