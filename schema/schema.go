// Package schema carries the JSON Schemas of devpm's documents, compiled once
// and only when they are needed, and says where a value breaks one.
//
// A Violation is structured: which keyword, which keys, which limits. Wording
// it and finding its line is the work of whoever owns the document. The
// package reads no file and fetches nothing: a schema refers to embedded
// schemas or to none. It imports nothing of ours.
package schema

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"io"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

//go:embed *.json
var files embed.FS

// Schema is one compiled schema.
type Schema struct {
	compiled *jsonschema.Schema
	document any // the schema as JSON, to look keywords up in
}

// Manifest is the schema of odpm.json: odpm's schema 2 plus devpm's optional
// keys (design §2, decision 4).
func Manifest() *Schema { return manifestV2() }

// Policy is the schema of a policy (docs/policy.md).
func Policy() *Schema { return policyV1() }

// ExtensionSettings is the schema of what the user settled for extensions
// (docs/sandbox.md).
func ExtensionSettings() *Schema { return extensionSettingsV1() }

// Extension is the schema of extension.yml (docs/extensions/packages.md). It is for
// editors: extensions/pack reads the file itself, with places and more rules.
func Extension() *Schema { return extensionV1() }

// ExtensionText is the text of the schema of Extension.
func ExtensionText() []byte { return text("extension.v1.json") }

// PlainManifest is odpm's own schema 2 (spec §2.2), for the question whether a
// manifest is still readable by odpm.
func PlainManifest() *Schema { return plainManifestV2() }

// FlatManifest is odpm's schema 1, with the keys that odpm reads beside it
// (spec §2.1).
func FlatManifest() *Schema { return manifestV1() }

// ManifestText is the text of the schema of Manifest, for editors.
func ManifestText() []byte { return text("manifest.v2.json") }

// PlainManifestText is the text of the schema of PlainManifest.
func PlainManifestText() []byte { return text("manifest.v2.odpm.json") }

// text is an embedded file. That one is missing is a fault of the build.
func text(name string) []byte {
	data, err := files.ReadFile(name)
	if err != nil {
		panic(err)
	}
	return data
}

// SavedPlan is the schema of what `devpm plan -o` writes.
func SavedPlan() *Schema { return savedPlanV1() }

var (
	manifestV1      = lazy("manifest.v1.json")
	savedPlanV1     = lazy("savedplan.v1.json")
	manifestV2      = lazy("manifest.v2.json")
	plainManifestV2 = lazy("manifest.v2.odpm.json")
	policyV1        = lazy("policy.v1.json")
	extensionV1     = lazy("extension.v1.json")

	extensionSettingsV1 = lazy("extensionsettings.v1.json")
)

// lazy compiles an embedded schema at its first use. A schema that does not
// compile is a fault of the build, which a test finds; there is no way to go
// on without it, so it panics.
func lazy(name string) func() *Schema {
	return sync.OnceValue(func() *Schema {
		s, err := compile(name)
		if err != nil {
			panic(err)
		}
		return s
	})
}

// compile reads and compiles one embedded schema. Formats are asserted, and a
// reference that leads out of the embedded files is an error.
func compile(name string) (*Schema, error) {
	text, err := files.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("reading schema %s: %w", name, err)
	}
	return compileText(name, text)
}

func compileText(name string, text []byte) (*Schema, error) {
	var document any
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&document); err != nil {
		return nil, fmt.Errorf("reading schema %s: %w", name, err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat = true
	c.LoadURL = func(url string) (io.ReadCloser, error) {
		return nil, fmt.Errorf("schemas are not loaded from %s", url)
	}
	url := "devpm:" + name
	if err := c.AddResource(url, bytes.NewReader(text)); err != nil {
		return nil, fmt.Errorf("reading schema %s: %w", name, err)
	}
	compiled, err := c.Compile(url)
	if err != nil {
		return nil, fmt.Errorf("compiling schema %s: %w", name, err)
	}
	return &Schema{compiled: compiled, document: document}, nil
}
