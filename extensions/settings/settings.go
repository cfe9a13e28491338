// Package settings holds what the user settled for extensions: whether the
// sandbox must be complete, whether packages must be signed, whose signatures
// count, and which packages may be used at all (docs/sandbox.md).
//
// It reads the text of devpm's settings and judges sandbox levels by it. It opens
// no file, verifies no signature, and takes nothing from a project: what holds a
// project in must not come with it.
package settings

import (
	"fmt"
	"strings"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/extensions/sandbox"
	"github.com/devpm/devpm/manifest"
	"github.com/devpm/devpm/schema"
)

// Key is where the settings of extensions stand in devpm's settings.
const Key = "ext"

// Settings are the settings of extensions. The zero value is that of a user who
// settled nothing.
type Settings struct {
	SandboxRequired    bool
	SignaturesRequired bool
	Keys               []string // minisign public keys, as they are written
	// Accept are the names of the packages that may be used, with * for any text;
	// nil: all may.
	Accept []string

	sandboxAt, acceptAt diag.Range
}

// Read reads the settings of extensions from the text of devpm's settings. What
// is not understood gives a diagnostic in c, and nil.
func Read(file string, src []byte, c *diag.Collector) *Settings {
	var written struct {
		Sandbox    string   `json:"sandbox"`
		Signatures string   `json:"signatures"`
		Keys       []string `json:"keys"`
		Accept     []string `json:"accept"`
	}
	form := manifest.Section{
		Name: "the settings of extensions", Key: Key, Schema: schema.ExtensionSettings(), Words: words, Code: diag.ExtensionSettings,
		Fix: "correct the settings; until then no extension runs (schema/extensionsettings.v1.json says what they may hold)",
	}
	var found diag.Collector
	node := form.Read(file, src, &written, &found)
	dotted(file, src, &found)
	c.Add(found.List()...)
	switch {
	case found.HasErrors():
		return nil
	case node == nil:
		return &Settings{}
	}
	s := &Settings{SandboxRequired: written.Sandbox == "required", SignaturesRequired: written.Signatures == "required", Keys: written.Keys, Accept: written.Accept}
	if at := node.Get("sandbox"); at != nil {
		s.sandboxAt = at.Range
	}
	if at := node.Get("accept"); at != nil {
		s.acceptAt = at.Range
	}
	return s
}

// dotted finds settings that are written the way they are spoken of:
// "ext.sandbox" as one key.
func dotted(file string, src []byte, c *diag.Collector) {
	var syntax diag.Collector
	root := manifest.ReadJSON(file, src, &syntax)
	if root == nil || syntax.HasErrors() {
		return // said already
	}
	for _, m := range root.Members {
		switch name, _ := strings.CutPrefix(m.Key, Key+"."); m.Key {
		case Key + ".sandbox", Key + ".signatures", Key + ".keys", Key + ".accept":
			c.Add(diag.Diagnostic{
				Code: diag.ExtensionSettings, Range: m.KeyRange, Path: m.Key, Message: fmt.Sprintf("%q is no setting", m.Key),
				Fix: fmt.Sprintf(`write "%s": {"%s": …}`, Key, name),
			})
		}
	}
}

// words says what is wrong in the terms of these settings.
func words(v schema.Violation) string {
	switch {
	case v.Keyword == "additionalProperties" && len(v.Keys) > 0:
		return fmt.Sprintf("extensions have no setting %q; there are %s", v.Keys[0], strings.Join(v.Known, ", "))
	case v.Keyword == "enum":
		return "this is one of " + strings.Join(v.Want, " and ")
	case v.Keyword == "pattern" && strings.HasPrefix(v.Pointer, "/accept"):
		return "this is no name of a package; * stands for any text"
	case v.Keyword == "pattern":
		return "this is no public key of minisign: one has 56 characters and begins with RW"
	case v.Keyword == "uniqueItems":
		return "something stands here twice"
	default:
		return ""
	}
}

// RefusesSignature reports whether a package is refused for what is wrong with
// its signature; nil is nothing. One that is missing, or by a key that is not
// trusted, counts where signatures are required; one that is wrong always does.
func (s *Settings) RefusesSignature(fault *diag.Diagnostic) bool {
	switch {
	case fault == nil:
		return false
	case fault.Code == diag.SignatureMissing, fault.Code == diag.SignatureUntrusted:
		return s.SignaturesRequired
	default:
		return true
	}
}

// CheckSandbox adds an error where the sandbox of an extension is required and
// not complete.
func (s *Settings) CheckSandbox(extension string, l sandbox.Level, c *diag.Collector) {
	if !s.SandboxRequired || l.Full() {
		return
	}
	c.Add(diag.Diagnostic{
		Code: diag.SandboxIncomplete, Range: s.sandboxAt, Path: Key + ".sandbox",
		Message: fmt.Sprintf("the extension %s cannot be held in completely: %s", extension, strings.Join(l.Missing, "; ")),
		Fix:     `run devpm where the kernel can (devpm doctor says what is missing), or settle for "preferred"`,
	})
}
