package engine

import (
	"context"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/mount"
	"github.com/moby/moby/client"
)

// The labels by which Compose knows its own.
const (
	labelProject     = "com.docker.compose.project"
	labelService     = "com.docker.compose.service"
	labelConfigHash  = "com.docker.compose.config-hash"
	labelOneOff      = "com.docker.compose.oneoff"
	labelNumber      = "com.docker.compose.container-number"
	labelWorkingDir  = "com.docker.compose.project.working_dir"
	labelConfigFiles = "com.docker.compose.project.config_files"
)

// Container is one container as the engine sees it. The fields from StartedAt
// on are known only after inspecting (ObserveOptions.Details, and Wait).
type Container struct {
	ID          string
	Name        string // without the leading slash
	Project     string
	Service     string
	Number      int // 1 for the first of the service
	OneOff      bool
	Image       string // as named when it was created
	ImageID     string
	ConfigHash  string
	Identity    string   // of what its image was built from, when devpm built it
	WorkingDir  string   // of the project that created it
	ConfigFiles []string // of that project
	State       string   // created, running, paused, restarting, removing, exited, dead
	Health      string   // "", starting, healthy, unhealthy
	ExitCode    int      // of a container that is not running
	Status      string   // the engine's words: "Up 2 minutes (healthy)"
	Ports       []ContainerPort
	Volumes     []string // names of the volumes it mounts
	Networks    []string // names of the networks it is on, sorted

	StartedAt     time.Time
	FinishedAt    time.Time
	RestartCount  int
	RestartPolicy string // "", no, always, unless-stopped, on-failure
	OOMKilled     bool
	Error         string // why it could not be started
	TTY           bool
	Probe         *Probe // the last health probe, or nil
	// Settings is what the container was made with, by key; see settingsOf.
	Settings map[string]string
}

// ContainerPort is a port of a container; Published is 0 when the host does not
// have it.
type ContainerPort struct {
	HostIP    string
	Published int
	Container int
	Protocol  string
}

// Probe is one run of a health check.
type Probe struct {
	Start, End time.Time
	ExitCode   int
	Output     string
}

// fromSummary reads one entry of the container list. Engines before API 1.52
// tell health only in the status text, and no engine lists exit codes apart
// from it.
func fromSummary(s container.Summary) Container {
	c := Container{
		ID: s.ID, Image: s.Image, ImageID: s.ImageID,
		Project: s.Labels[labelProject], Service: s.Labels[labelService],
		ConfigHash: s.Labels[labelConfigHash], Identity: s.Labels[labelIdentity], WorkingDir: s.Labels[labelWorkingDir], ConfigFiles: strings.Split(s.Labels[labelConfigFiles], ","),
		OneOff: strings.EqualFold(s.Labels[labelOneOff], "true"),
		State:  string(s.State), Status: s.Status,
	}
	c.Number, _ = strconv.Atoi(s.Labels[labelNumber])
	if len(s.Names) > 0 {
		c.Name = strings.TrimPrefix(s.Names[0], "/")
	}
	if s.Health != nil {
		c.Health = healthWord(string(s.Health.Status))
	} else {
		c.Health = healthFromStatus(s.Status)
	}
	c.ExitCode = exitFromStatus(s.Status)
	for _, p := range s.Ports {
		port := ContainerPort{Published: int(p.PublicPort), Container: int(p.PrivatePort), Protocol: p.Type}
		if p.IP.IsValid() {
			port.HostIP = p.IP.String()
		}
		c.Ports = append(c.Ports, port)
	}
	for _, m := range s.Mounts {
		if m.Type == mount.TypeVolume {
			c.Volumes = append(c.Volumes, m.Name)
		}
	}
	if s.NetworkSettings != nil {
		c.Networks = slices.Sorted(maps.Keys(s.NetworkSettings.Networks))
	}
	return c
}

// inspect completes a container that was listed.
func (e *Engine) inspect(ctx context.Context, c Container) (Container, error) {
	found, err := e.api.ContainerInspect(ctx, c.ID, client.ContainerInspectOptions{})
	if err != nil {
		return c, err
	}
	r := found.Container
	c.Settings = settingsOf(r)
	c.RestartCount = r.RestartCount
	if r.HostConfig != nil {
		c.RestartPolicy = string(r.HostConfig.RestartPolicy.Name)
	}
	if r.Config != nil {
		c.TTY = r.Config.Tty
	}
	if r.State == nil {
		return c, nil
	}
	c.State = string(r.State.Status)
	c.ExitCode = r.State.ExitCode
	c.OOMKilled = r.State.OOMKilled
	c.Error = r.State.Error
	c.StartedAt = apiTime(r.State.StartedAt)
	c.FinishedAt = apiTime(r.State.FinishedAt)
	c.Health, c.Probe = "", nil
	if h := r.State.Health; h != nil {
		c.Health = healthWord(string(h.Status))
		if n := len(h.Log); n > 0 && h.Log[n-1] != nil {
			last := h.Log[n-1]
			c.Probe = &Probe{Start: last.Start, End: last.End, ExitCode: last.ExitCode, Output: strings.TrimSpace(last.Output)}
		}
		c.ignoreStaleHealth()
	}
	return c, nil
}

// ignoreStaleHealth takes back a verdict that was reached before this start of
// the container: an engine may report it until the first new probe (peers row
// 23).
func (c *Container) ignoreStaleHealth() {
	if c.Probe == nil || !c.Probe.End.Before(c.StartedAt) {
		return
	}
	c.Probe = nil
	if c.Health == "healthy" || c.Health == "unhealthy" {
		c.Health = "starting"
	}
}

func healthWord(s string) string {
	if s == "none" {
		return ""
	}
	return s
}

var exitText = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(?:Exited|Restarting) \((\d+)\)`) })

func exitFromStatus(status string) int {
	m := exitText().FindStringSubmatch(status)
	if m == nil {
		return 0
	}
	n, _ := strconv.Atoi(m[1])
	return n
}

func healthFromStatus(status string) string {
	switch {
	case strings.HasSuffix(status, "(healthy)"):
		return "healthy"
	case strings.HasSuffix(status, "(unhealthy)"):
		return "unhealthy"
	case strings.HasSuffix(status, "(health: starting)"):
		return "starting"
	}
	return ""
}

// apiTime reads a time of the API; the engine's "never" is the zero time.
func apiTime(s string) time.Time {
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil || t.Year() <= 1 {
		return time.Time{}
	}
	return t
}
