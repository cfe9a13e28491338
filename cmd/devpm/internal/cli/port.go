package cli

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"

	"github.com/devpm/devpm/cmd/devpm/internal/view"
	"github.com/devpm/devpm/compose/engine"
	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/internal/hostport"
)

// runPort prints where a port of a service is reached.
func runPort(ctx context.Context, app *App, o portOptions) error {
	link := app.dial(ctx, patienceToLook)
	defer link.close()
	app.unasked = nobody
	p, sound, err := app.openRunning(ctx, link)
	if err != nil {
		return err
	}
	if sound {
		if err := p.checkServices([]string{o.Service}); err != nil {
			return err
		}
	}
	found := p.publishedPorts(ctx, link, o.Service)
	wanted := slices.DeleteFunc(slices.Clone(found), func(a view.Address) bool {
		return o.Port != 0 && (a.Container != o.Port || a.Protocol != o.Protocol)
	})
	switch {
	case len(wanted) == 0 || o.Port == 0 && len(wanted) > 1:
		return faultNotPublished(o, found)
	case o.Format == "json":
		return app.Out().AddressJSON(wanted[0])
	}
	app.Out().Address(wanted[0])
	return nil
}

// publishedPorts are the ports of a service that this machine reaches: those of
// its running container, else those that the document fixes.
func (p *project) publishedPorts(ctx context.Context, link *engineLink, service string) []view.Address {
	var out []view.Address
	add := func(ip string, published, container int, protocol string) {
		a := view.Address{Service: service, Host: reachedAt(ip), Published: published, Container: container, Protocol: protocol}
		if published != 0 && !slices.ContainsFunc(out, func(b view.Address) bool { return a.Container == b.Container && a.Protocol == b.Protocol }) {
			out = append(out, a)
		}
	}
	if eng, _ := link.get(); eng != nil {
		// What cannot be seen is told from the document, as before the first up.
		snapshot, _ := eng.Observe(ctx, engine.ObserveOptions{Project: p.name})
		for _, c := range snapshot.Containers {
			if c.Service == service && !c.OneOff {
				for _, port := range c.Ports {
					add(port.HostIP, port.Published, port.Container, port.Protocol)
				}
			}
		}
	}
	if len(out) > 0 || p.model == nil {
		return out
	}
	for _, s := range p.services() {
		if s.Name == service {
			for _, port := range s.Ports {
				add(port.HostIP, port.Published, port.Container, port.Protocol)
			}
		}
	}
	return out
}

// reachedAt is the host by which this machine reaches what listens on an
// address.
func reachedAt(ip string) string {
	if ip == "" || hostport.Address(ip).IsUnspecified() {
		return "localhost"
	}
	return ip
}

func faultNotPublished(o portOptions, found []view.Address) error {
	var known []string
	for _, a := range found {
		known = append(known, fmt.Sprintf("%d/%s", a.Container, a.Protocol))
	}
	message := fmt.Sprintf("no port of service %q has a fixed address, and it is not running", o.Service)
	fix := "bring it up, or publish a port in odpm.json"
	switch {
	case o.Port == 0 && len(found) > 1:
		message, fix = fmt.Sprintf("service %q publishes several ports", o.Service), "name one of "+strings.Join(known, ", ")
	case len(found) > 0:
		message = fmt.Sprintf("service %q does not publish port %d/%s", o.Service, o.Port, o.Protocol)
		fix = "it publishes " + strings.Join(known, ", ")
	}
	return diag.List{{Code: diag.NotPublished, Path: "services." + o.Service, Message: message, Fix: fix}}.Err()
}

// addresses are a container's published ports as this machine reaches them.
func addresses(c engine.Container) []string {
	out := []string{}
	for _, port := range c.Ports {
		if port.Published == 0 {
			continue
		}
		at := net.JoinHostPort(reachedAt(port.HostIP), strconv.Itoa(port.Published))
		if !slices.Contains(out, at) {
			out = append(out, at)
		}
	}
	return out
}
