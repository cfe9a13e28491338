package engine

import (
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/moby/moby/api/types/container"
)

// settingsOf flattens what a container was made with, and what `docker update`
// and its like may change later, to keys that Compose has too where there is
// one: "environment.PATH", "mem_limit", "volumes./data". Two looks at one
// container are equal as long as nobody changed it: what the engine chooses
// itself (addresses, names of anonymous volumes) is left out. Values are text or
// one-line JSON; what has its default is absent.
func settingsOf(r container.InspectResponse) map[string]string {
	s := settings{}
	if c := r.Config; c != nil {
		s.text("image", c.Image)
		s.text("user", c.User)
		s.text("working_dir", c.WorkingDir)
		s.text("stop_signal", c.StopSignal)
		s.list("command", c.Cmd)
		s.list("entrypoint", c.Entrypoint)
		s.flag("tty", c.Tty)
		for _, pair := range c.Env {
			name, value, _ := strings.Cut(pair, "=")
			s["environment."+name] = value
		}
		for name, value := range c.Labels {
			if !strings.HasPrefix(name, "com.docker.compose.") && name != labelIdentity {
				s["labels."+name] = value
			}
		}
		if c.Healthcheck != nil {
			s.json("healthcheck", c.Healthcheck)
		}
	}
	if h := r.HostConfig; h != nil {
		s.host(h)
	}
	for _, m := range r.Mounts {
		source := m.Source
		switch {
		case m.Name != "" && anonymous().MatchString(m.Name):
			source = "an anonymous volume"
		case m.Name != "":
			source = m.Name
		}
		if !m.RW {
			source += " (read-only)"
		}
		s["volumes."+m.Destination] = source
	}
	if n := r.NetworkSettings; n != nil {
		for name := range n.Networks {
			s["networks."+name] = "connected"
		}
	}
	return s
}

var anonymous = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[0-9a-f]{64}$`) })

type settings map[string]string

func (s settings) host(h *container.HostConfig) {
	s.flag("privileged", h.Privileged)
	s.flag("read_only", h.ReadonlyRootfs)
	s.list("cap_add", h.CapAdd)
	s.list("cap_drop", h.CapDrop)
	s.list("security_opt", h.SecurityOpt)
	s.list("extra_hosts", h.ExtraHosts)
	s.text("network_mode", string(h.NetworkMode))
	s.text("pid", string(h.PidMode))
	s.text("runtime", h.Runtime)
	policy := string(h.RestartPolicy.Name)
	if h.RestartPolicy.MaximumRetryCount > 0 {
		policy += ":" + strconv.Itoa(h.RestartPolicy.MaximumRetryCount)
	}
	if policy != "no" {
		s.text("restart", policy)
	}
	for name, n := range map[string]int64{
		"mem_limit": h.Memory, "mem_reservation": h.MemoryReservation, "memswap_limit": h.MemorySwap, "nano_cpus": h.NanoCPUs, "cpu_shares": h.CPUShares,
		"cpu_period": h.CPUPeriod, "cpu_quota": h.CPUQuota, "cpu_rt_period": h.CPURealtimePeriod, "cpu_rt_runtime": h.CPURealtimeRuntime,
		"blkio_config.weight": int64(h.BlkioWeight), "shm_size": h.ShmSize,
	} {
		if n != 0 {
			s[name] = strconv.FormatInt(n, 10)
		}
	}
	if h.PidsLimit != nil && *h.PidsLimit > 0 {
		s["pids_limit"] = strconv.FormatInt(*h.PidsLimit, 10)
	}
	s.text("cpuset", h.CpusetCpus)
	for port, bindings := range h.PortBindings {
		var at []string
		for _, b := range bindings {
			host := ""
			if b.HostIP.IsValid() && !b.HostIP.IsUnspecified() {
				host = b.HostIP.String() + ":"
			}
			at = append(at, host+b.HostPort)
		}
		slices.Sort(at)
		s["ports."+port.String()] = strings.Join(slices.Compact(at), ", ")
	}
}

func (s settings) text(key, value string) {
	if value != "" {
		s[key] = value
	}
}

func (s settings) flag(key string, on bool) {
	if on {
		s[key] = "true"
	}
}

func (s settings) list(key string, items []string) {
	if len(items) > 0 {
		s.json(key, items)
	}
}

func (s settings) json(key string, v any) {
	if text, err := json.Marshal(v); err == nil {
		s[key] = string(text)
	}
}
