package odoo

import (
	"encoding/json"
	"fmt"
	"path"
	"regexp"
	"strings"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/manifest"
	"github.com/devpm/devpm/prepare"
)

// bakedDir is where the ci image has what other containers mount at /run/odpm:
// an engine may put an empty /run over that of an image.
const bakedDir = "/opt/devpm"

// The folders of the ci image's build context.
const (
	contextPlatform = "platform"
	contextAddons   = "addons"
	contextDevpm    = "devpm"
)

// ciImage describes the image of the scenario ci: the sources and a virtual
// environment are in it (spec §14). What is in the way of a secret-free image
// is left out, and told in the list.
func ciImage(m *manifest.Manifest, s Settings, l *Layout, addons []string, existing []Option) (*prepare.CIImage, []Option, diag.List) {
	image := &prepare.CIImage{Service: s.Service, Tag: l.Image}
	for _, code := range l.baked {
		to := contextPlatform
		if code.Role != "platform" {
			to = contextAddons + "/" + path.Base(code.Target)
		}
		image.Sources = append(image.Sources, prepare.SourceFolder{Name: shortName(code.Source), Dir: code.Source, To: to})
	}
	options, found := bakedOptions(m, s, l, addons, existing)
	image.Files = []prepare.File{
		{Path: "Dockerfile", Content: bakedDockerfile(m, s, l, addons), Mode: 0o644},
		{Path: confName, Content: bakedConf(options), Mode: 0o644},
		{Path: contextDevpm + "/config.json", Content: runtimeConfig(m, s, l, addons), Mode: 0o644},
		{Path: contextDevpm + "/requirements.txt", Content: requirements(m), Mode: 0o644},
		{Path: contextDevpm + "/entrypoint.sh", Content: entrypoint, Mode: 0o755},
	}
	return image, options, found
}

// bakedDockerfile goes on where the Dockerfile of the other scenarios ends. The
// environment is made before the add-ons come, so that a change of an add-on
// does not install everything anew.
func bakedDockerfile(m *manifest.Manifest, s Settings, l *Layout, addons []string) []byte {
	words := func(list ...string) string {
		text, err := json.Marshal(list)
		if err != nil {
			panic(err) // strings only
		}
		return string(text)
	}
	platform := path.Join(l.Home, m.PlatformName)
	var b strings.Builder
	b.Write(dockerfile(m, s))
	fmt.Fprintf(&b, "ENV ODPM_CONFIG_PATH=%[1]s/config.json DEVPM_REQUIREMENTS=%[1]s/requirements.txt\n\n", bakedDir)
	fmt.Fprintf(&b, "COPY %s\nCOPY %s\n", words(contextDevpm+"/", bakedDir+"/"), words(contextPlatform+"/", platform+"/"))
	fmt.Fprintf(&b, "USER %s\nRUN PIP_NO_CACHE_DIR=1 /bin/sh %s/entrypoint.sh --prepare\n\n", l.User, bakedDir)
	if len(addons) > 0 {
		fmt.Fprintf(&b, "COPY %s\n", words(contextAddons+"/", path.Join(l.Home, "extra-addons")+"/"))
	}
	fmt.Fprintf(&b, "COPY %s\n", words(confName, path.Join(l.Home, confName)))
	fmt.Fprintf(&b, "ENTRYPOINT %s\n", words("/bin/sh", bakedDir+"/entrypoint.sh"))
	fmt.Fprintf(&b, "CMD %s\n", words(path.Join(platform, m.PlatformName+"-bin"), "-c", path.Join(l.Home, confName)))
	return []byte(b.String())
}

// confidential are options that hold passwords, by their names.
var confidential = regexp.MustCompile(`(?i)passw|secret|token|api_?key`)

// bakedOptions are those of the manifest and of devpm. Whoever has the image
// reads them, so that nothing personal goes in: no secret, no password that the
// environment gave, no line of the odoo.conf on this machine.
func bakedOptions(m *manifest.Manifest, s Settings, l *Layout, addons []string, existing []Option) (out []Option, found diag.List) {
	for _, o := range manifestOptions(m, &diag.Collector{}) { // conf has told what is wrong with them
		if !personal(o) {
			out = append(out, o)
			continue
		}
		found = append(found, diag.Diagnostic{
			Code: diag.CIImageSecret, Severity: diag.Warning, Range: o.Node.Range, Path: "odoo_conf." + o.Section + "." + o.Key,
			Message: "the value is secret or came from the environment, so the option is not in the image's odoo.conf",
			Fix:     "give it to the container when it starts: the database's password as PGPASSWORD in `service_patches.odoo.environment`, any other in an odoo.conf of your own that the container mounts",
		})
	}
	for _, o := range managedOptions(m, s, l, addons) {
		if !o.Private {
			out = replaceOption(out, o)
		}
	}
	var own []string
	var first diag.Range
	for _, o := range existing {
		if o.Own == (diag.Range{}) {
			continue
		}
		if own = append(own, o.Key); len(own) == 1 {
			first = o.Own
		}
	}
	if len(own) > 0 {
		found = append(found, diag.Diagnostic{
			Code: diag.CIImageOwnLines, Severity: diag.Notice, Range: first,
			Message: "lines that only this machine's odoo.conf has are not in the image's: " + strings.Join(own, ", "),
			Fix:     "write what the image needs into `odoo_conf` of odpm.json",
		})
	}
	return out, found
}

// personal reports whether an option's value is not for everybody who has the
// image: a secret went into it, or a variable into a password.
func personal(o Option) bool {
	for _, use := range o.Node.Uses {
		if strings.HasPrefix(use.Name, "@secret:") || confidential.MatchString(o.Key) {
			return true
		}
	}
	return false
}

func bakedConf(options []Option) []byte {
	file := &ini{lines: []string{"; Generated by devpm from the manifest."}}
	for _, o := range options {
		file.set(o.Section, o.Key, o.Value)
	}
	return file.bytes()
}
