package cli

import (
	"cmp"
	"context"
	"errors"
	"strings"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/manifest"
	"github.com/devpm/devpm/manifest/link"
)

const (
	odooRepository  = "https://github.com/odoo/odoo.git"
	odooVersionMade = "18.0" // of a new manifest
)

// odooManifest makes a manifest of the stack odoo.
func odooManifest(ctx context.Context, ask *wizard, o initOptions) (*made, error) {
	version, platform, developing := o.OdooVersion, o.Platform, o.Link
	var err error
	if version == "" && platform != "" {
		if words := strings.Fields(platform); len(words) > 1 {
			version = words[1]
		}
	}
	if version == "" {
		if version, err = ask.text(ctx, "Which version of Odoo?", odooVersionMade); err != nil {
			return nil, err
		}
	}
	if platform == "" {
		if platform, err = ask.text(ctx, "The git link of Odoo's sources, with the branch", odooRepository+" "+version); err != nil {
			return nil, err
		}
	}
	if developing == "" {
		if developing, err = ask.text(ctx, "The git link of the repository with your own modules", ""); err != nil {
			return nil, err
		}
	}
	for _, text := range []string{platform, developing} {
		if err := checkLink(text); err != nil {
			return nil, err
		}
	}
	versions := manifest.VersionsFor(version)
	m := &made{stack: manifest.StackOdoo, members: []manifest.Member{
		member("odoo_version", text(version)),
		member("platform", object(member("git", text(platform)))),
		member("python", text(cmp.Or(o.Python, versions.Python))),
		member("distro", object(member("name", text("debian")), member("version", text(cmp.Or(o.Debian, versions.Debian))))),
		member("postgres", text(cmp.Or(o.Postgres, versions.Postgres))),
	}}
	if developing != "" {
		m.members = append(m.members, member("developing", object(member("git", text(developing)))))
	}
	m.members = append(m.members, member("dependencies", list()), member("requirements", list()))
	return m, nil
}

// checkLink refuses what is no git link; "" is none.
func checkLink(text string) error {
	if text == "" {
		return nil
	}
	_, err := link.Parse(text)
	if e, ok := errors.AsType[*link.Error](err); ok {
		return fault(diag.InitLink, "", e.Message, e.Fix)
	}
	return err
}
