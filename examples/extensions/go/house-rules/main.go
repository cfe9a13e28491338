// Command house-rules is an extension of devpm with a policy, that images have a
// version, and a command that lists the images of a project.
package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/devpm/devpm/extensions/sdk"
)

func main() {
	sdk.Main(sdk.Extension{
		Name: "house-rules", Version: "0.1.0",
		Policies: []sdk.Policy{{Name: "image-versions", Description: "Images have a version that stays", Check: check}},
		Commands: []sdk.Command{{Name: "house-rules.images", Description: "List images", Run: list}},
	})
}

// images are those of services, by the name of the service.
func images(services map[string]any) map[string]string {
	out := map[string]string{}
	for name, s := range services {
		service, _ := s.(map[string]any)
		if image, ok := service["image"].(string); ok {
			out[name] = image
		}
	}
	return out
}

// moves reports whether an image may be another tomorrow.
func moves(image string) bool {
	if strings.Contains(image, "@sha256:") {
		return false
	}
	_, tag, tagged := strings.Cut(image[strings.LastIndexByte(image, '/')+1:], ":")
	return !tagged || tag == "latest"
}

func check(_ context.Context, _ sdk.Project, document map[string]any) ([]sdk.Finding, error) {
	services, _ := document["services"].(map[string]any)
	all := images(services)
	var out []sdk.Finding
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if moves(all[name]) {
			out = append(out, sdk.Finding{
				Severity: sdk.Error, Path: "services." + name + ".image",
				Message: fmt.Sprintf("the image %s may be another tomorrow", all[name]), Fix: "name a version, such as nginx:1.27",
			})
		}
	}
	return out, nil
}

func list(ctx context.Context, p sdk.Project, _ sdk.Input) (sdk.Result, error) {
	all := images(p.Services())
	for _, name := range slices.Sorted(maps.Keys(all)) {
		fmt.Fprintf(sdk.Output(ctx), "%s\t%s\n", name, all[name])
	}
	return sdk.Result{Message: fmt.Sprintf("%d images", len(all)), Output: map[string]any{"images": all}}, nil
}
