package compose

import (
	"fmt"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/devpm/devpm/manifest"
)

// ReadServices tells of each service in a document that devpm wrote before, in
// its order, as Services does of a model. Nothing is known of where a value came
// from. It looks at no other file that the document names.
func ReadServices(document []byte, projectDir string) ([]Service, error) {
	var read struct {
		Services yaml.Node `yaml:"services"`
	}
	if err := yaml.Unmarshal(document, &read); err != nil {
		return nil, fmt.Errorf("reading %s: %w", DocumentFile, err)
	}
	services := fromYAML(&read.Services)
	if !services.is(manifest.Object) {
		services = newObject(nil)
	}
	m := &Model{services: services, input: Input{ProjectDir: projectDir}}
	return m.Services(), nil
}

// fromYAML is a tree of the document as the model has it. devpm writes no
// aliases and no tags.
func fromYAML(n *yaml.Node) *value {
	switch n.Kind {
	case yaml.MappingNode:
		v := newObject(nil)
		for i := 0; i+1 < len(n.Content); i += 2 {
			v.members = append(v.members, member{key: n.Content[i].Value, value: fromYAML(n.Content[i+1])})
		}
		return v
	case yaml.SequenceNode:
		v := &value{kind: manifest.Array}
		for _, item := range n.Content {
			v.items = append(v.items, fromYAML(item))
		}
		return v
	}
	v := newText(strings.ReplaceAll(n.Value, "$$", "$"), nil)
	switch n.ShortTag() {
	case "!!int", "!!float":
		v.kind = manifest.Number
	case "!!bool":
		v.kind = manifest.Bool
	case "!!null":
		v.kind = manifest.Null
	}
	return v
}
