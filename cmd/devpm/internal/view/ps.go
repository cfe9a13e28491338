package view

import (
	"fmt"
	"net"
	"strconv"
	"strings"

	"github.com/devpm/devpm/internal/termx"
)

// ServiceRow is one container of the project, or a service that has none.
type ServiceRow struct {
	Service   string   `json:"service"`
	Container string   `json:"container"` // name; "" when there is none
	State     string   `json:"state"`     // running, exited, …; "absent" when there is none
	Health    string   `json:"health"`    // healthy, unhealthy, starting, or ""
	ExitCode  int      `json:"exit_code"` // of an exited container
	Image     string   `json:"image"`
	Ports     []string `json:"ports"`     // "127.0.0.1:8080->80/tcp"
	Addresses []string `json:"addresses"` // "localhost:8080": where this machine reaches them
}

// Ps prints the services as a table.
func (p Printer) Ps(rows []ServiceRow) {
	if len(rows) == 0 {
		p.line("no services")
		return
	}
	cells := [][]string{{"SERVICE", "STATE", "PORTS", "IMAGE", "CONTAINER"}}
	for _, r := range rows {
		cells = append(cells, []string{
			termx.Plain(r.Service), r.status(), termx.Plain(strings.Join(r.Ports, ", ")), termx.Plain(r.Image), termx.Plain(r.Container),
		})
	}
	p.columns(cells, func(row, column int, text string) string {
		switch {
		case row == 0:
			return p.Style.Bold(text)
		case column != 1:
			return text
		}
		switch r := rows[row-1]; {
		case r.Health == "unhealthy", r.State == "exited" && r.ExitCode != 0, r.State == "dead":
			return p.Style.Red(text)
		case r.State == "running" && r.Health != "starting":
			return p.Style.Green(text)
		default:
			return p.Style.Yellow(text)
		}
	})
}

// status is the state in a word or two.
func (r ServiceRow) status() string {
	switch {
	case r.State == "exited":
		return fmt.Sprintf("exited (%d)", r.ExitCode)
	case r.Health != "":
		return termx.Plain(r.State + " (" + r.Health + ")")
	default:
		return termx.Plain(r.State)
	}
}

// PsJSON prints {"version": 1, "services": […]}.
func (p Printer) PsJSON(rows []ServiceRow) error {
	out := make([]ServiceRow, len(rows))
	for i, r := range rows {
		if r.Ports == nil {
			r.Ports = []string{}
		}
		if r.Addresses == nil {
			r.Addresses = []string{}
		}
		out[i] = r
	}
	return p.JSON(struct {
		Version  int          `json:"version"`
		Services []ServiceRow `json:"services"`
	}{Version, out})
}

// Address is where this machine reaches a port of a service.
type Address struct {
	Service   string `json:"service"`
	Host      string `json:"host"` // localhost when the port listens on all addresses
	Published int    `json:"published"`
	Container int    `json:"container"`
	Protocol  string `json:"protocol"`
}

// Address prints HOST:PORT alone, for use in other commands.
func (p Printer) Address(a Address) {
	p.line(termx.Plain(net.JoinHostPort(a.Host, strconv.Itoa(a.Published))))
}

// AddressJSON prints {"version": 1, "service": …, "host": …, "published": …}.
func (p Printer) AddressJSON(a Address) error {
	return p.JSON(struct {
		Version int `json:"version"`
		Address
	}{Version, a})
}
