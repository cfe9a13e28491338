// Command tls-proxy is an extension of devpm that puts HTTPS in front of one
// service: a step makes a certificate, a fragment adds the proxy, a patch tells
// the service its address, and a hook prints it.
//
// The manifest says which service, and its port:
//
//	"x-tls-proxy": {"service": "web", "port": 80}
package main

import (
	"context"
	"fmt"

	"github.com/devpm/devpm/extensions/sdk"
)

const address = "https://localhost:8443"

func main() {
	sdk.Main(sdk.Extension{
		Name: "tls-proxy", Version: "0.1.0",
		Steps: []sdk.Step{{
			ID: "tls-proxy.certificate", Description: "Make a certificate for localhost",
			Evaluate: evaluate, Execute: execute,
		}},
		Services: []sdk.Fragment{{Name: "tls-proxy", Services: services}},
		Patches:  []sdk.Patch{{Name: "tls-proxy", Patches: patches}},
		Hooks:    []sdk.Hook{{ID: "tls-proxy.address", Description: "Print the address", Phases: []string{"post_up"}, Run: tell}},
	})
}

// target is the service behind the proxy, and its port.
func target(p sdk.Project) (string, int, error) {
	service, port := "web", 80
	if settings, ok := p.Manifest()["x-tls-proxy"].(map[string]any); ok {
		if s, ok := settings["service"].(string); ok {
			service = s
		}
		if n, ok := settings["port"].(float64); ok {
			port = int(n)
		}
	}
	if _, ok := p.Services()[service]; !ok {
		return "", 0, &sdk.Failure{
			Config: true, Message: fmt.Sprintf("there is no service %q to put HTTPS in front of", service),
			Fix: `name one in odpm.json: "x-tls-proxy": {"service": "shop", "port": 8000}`,
		}
	}
	return service, port, nil
}

func services(_ context.Context, p sdk.Project) (map[string]sdk.Service, error) {
	service, _, err := target(p)
	if err != nil {
		return nil, err
	}
	return map[string]sdk.Service{"tls-proxy": {
		"image":      "caddy:2",
		"command":    []string{"caddy", "run", "--config", "/tls/Caddyfile"},
		"ports":      []string{"8443:8443"},
		"volumes":    []string{"./" + dir + ":/tls:ro"},
		"depends_on": []string{service},
	}}, nil
}

func patches(_ context.Context, p sdk.Project) (map[string]sdk.Service, error) {
	service, _, err := target(p)
	if err != nil {
		return nil, err
	}
	return map[string]sdk.Service{service: {"environment": map[string]string{"PUBLIC_URL": address}}}, nil
}

func tell(ctx context.Context, _ sdk.Project, _ string) error {
	sdk.Log(ctx, sdk.Info, "the project answers at "+address)
	return nil
}
