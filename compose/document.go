package compose

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"gopkg.in/yaml.v3"
)

// ReadServices tells what there is to know of each service in a document that
// devpm wrote before, in its order: the name, the image, and the published
// ports. Nothing is known of where a value came from.
func ReadServices(ctx context.Context, document []byte, workingDir string) ([]Service, error) {
	var order struct {
		Services yaml.Node `yaml:"services"`
	}
	if err := yaml.Unmarshal(document, &order); err != nil {
		return nil, fmt.Errorf("reading %s: %w", DocumentFile, err)
	}
	loaded, err := LoadProject(ctx, document, workingDir, "")
	if err != nil {
		return nil, err
	}
	var out []Service
	for i := 0; i+1 < len(order.Services.Content); i += 2 {
		s, ok := loaded.Services[order.Services.Content[i].Value]
		if !ok {
			continue
		}
		service := Service{Name: s.Name, Logical: s.Name, Image: s.Image, Build: s.Build != nil, Profiles: slices.Clone(s.Profiles)}
		for _, p := range s.Ports {
			published, _ := strconv.Atoi(p.Published) // a range is chosen from when the container starts
			service.Ports = append(service.Ports, Port{HostIP: p.HostIP, Published: published, Container: int(p.Target), Protocol: p.Protocol})
		}
		out = append(out, service)
	}
	return out, nil
}
