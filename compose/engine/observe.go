package engine

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/client"
	"golang.org/x/sync/errgroup"
)

// parallelCalls bounds how many questions are open at once.
const parallelCalls = 8

// ObserveOptions say what to look at.
type ObserveOptions struct {
	Project   string
	Images    []string // names whose ids are wanted
	Names     []NameWish
	Details   bool // also inspect the project's containers: times, restarts, last probe, policy
	Resources bool // also list the project's networks and volumes
}

// Snapshot is what the engine said, at one time.
type Snapshot struct {
	Endpoint   Endpoint
	Version    string // of the engine
	APIVersion string
	Project    string
	// Containers of the project, by service and number; one-off containers of
	// `compose run` too.
	Containers []Container
	Images     map[string]string // name asked for → id; names that are not there are absent
	// Digests are the registry digests of those images, "sha256:…", sorted; an
	// image that came from no registry has none.
	Digests map[string][]string
	// Identities say what those images were built from, where devpm built them.
	Identities map[string]string
	Networks   []string // of the project, sorted
	Volumes    []string
	// Holders are the containers of others that have or use a name of
	// ObserveOptions.Names.
	Holders   map[NameWish][]Holder
	Published []Published // ports that running containers of any project hold on the host
}

// Published is one port on the host and the container that holds it.
type Published struct {
	HostIP    string // "0.0.0.0", "::", "127.0.0.1"
	Port      int
	Protocol  string
	Container string // name
	Project   string // "" for a container that is not Compose's
	Service   string
	Dir       string // of the project, as Compose was told
}

// Observe asks the engine, in parallel, for what the options name: one request
// for the containers and one for each image name in the common case. The error
// is a *diag.Failure.
func (e *Engine) Observe(ctx context.Context, o ObserveOptions) (Snapshot, error) {
	s := Snapshot{Endpoint: e.Endpoint, Version: e.Version, APIVersion: e.APIVersion, Project: o.Project}
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(parallelCalls)
	g.Go(func() error {
		all, err := e.list(gctx, client.Filters{})
		if err != nil {
			return e.refused(ctx, "listing containers", err)
		}
		s.Published = published(all)
		s.Containers = ofProject(all, o.Project)
		s.Holders = nameHolders(all, o.Project, o.Names)
		return nil
	})
	e.images(gctx, g, o.Images, &s)
	if o.Resources {
		own := client.Filters{}.Add("label", labelProject+"="+o.Project)
		g.Go(func() error {
			found, err := e.api.NetworkList(gctx, client.NetworkListOptions{Filters: own})
			if err != nil {
				return e.refused(ctx, "listing networks", err)
			}
			for _, n := range found.Items {
				s.Networks = append(s.Networks, n.Name)
			}
			slices.Sort(s.Networks)
			return nil
		})
		g.Go(func() error {
			found, err := e.api.VolumeList(gctx, client.VolumeListOptions{Filters: own})
			if err != nil {
				return e.refused(ctx, "listing volumes", err)
			}
			for _, v := range found.Items {
				s.Volumes = append(s.Volumes, v.Name)
			}
			slices.Sort(s.Volumes)
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return Snapshot{}, err
	}
	if o.Details {
		if err := e.inspectAll(ctx, s.Containers); err != nil {
			return Snapshot{}, err
		}
	}
	return s, nil
}

// list returns containers in any state.
func (e *Engine) list(ctx context.Context, f client.Filters) ([]Container, error) {
	found, err := e.api.ContainerList(ctx, client.ContainerListOptions{All: true, Filters: f})
	if err != nil {
		return nil, err
	}
	all := make([]Container, 0, len(found.Items))
	for _, item := range found.Items {
		all = append(all, fromSummary(item))
	}
	slices.SortFunc(all, func(a, b Container) int {
		return cmp.Or(cmp.Compare(a.Project, b.Project), cmp.Compare(a.Service, b.Service),
			cmp.Compare(a.Number, b.Number), cmp.Compare(a.Name, b.Name))
	})
	return all, nil
}

// images asks what each name stands for. The snapshot's maps are complete after
// g.Wait.
func (e *Engine) images(ctx context.Context, g *errgroup.Group, names []string, s *Snapshot) {
	s.Images, s.Digests, s.Identities = map[string]string{}, map[string][]string{}, map[string]string{}
	var mu sync.Mutex
	wanted := slices.Compact(slices.Sorted(slices.Values(names)))
	for _, name := range wanted {
		if name == "" {
			continue
		}
		g.Go(func() error {
			found, err := e.api.ImageInspect(ctx, name)
			switch {
			case errdefs.IsNotFound(err):
				return nil
			case err != nil:
				return e.refused(ctx, "looking for the image "+name, err)
			}
			mu.Lock()
			defer mu.Unlock()
			s.Images[name] = found.ID
			if found.Config != nil && found.Config.Labels[labelIdentity] != "" {
				s.Identities[name] = found.Config.Labels[labelIdentity]
			}
			for _, at := range found.RepoDigests {
				if _, digest, ok := strings.Cut(at, "@"); ok && !slices.Contains(s.Digests[name], digest) {
					s.Digests[name] = append(s.Digests[name], digest)
				}
			}
			slices.Sort(s.Digests[name])
			return nil
		})
	}
}

// inspectAll completes the containers with what only inspecting tells. One that
// went away meanwhile is left as it was.
func (e *Engine) inspectAll(ctx context.Context, containers []Container) error {
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(parallelCalls)
	for i := range containers {
		g.Go(func() error {
			c, err := e.inspect(gctx, containers[i])
			if errdefs.IsNotFound(err) {
				return nil
			}
			if err != nil {
				return e.refused(ctx, "inspecting "+containers[i].Name, err)
			}
			containers[i] = c
			return nil
		})
	}
	return g.Wait()
}

func ofProject(all []Container, project string) []Container {
	var own []Container
	for _, c := range all {
		if c.Project == project && project != "" {
			own = append(own, c)
		}
	}
	return own
}

// published lists the host's ports by number, without the doubles that one
// container has.
func published(all []Container) []Published {
	found := map[Published]bool{}
	for _, c := range all {
		for _, p := range c.Ports {
			if p.Published == 0 {
				continue
			}
			found[Published{
				HostIP: p.HostIP, Port: p.Published, Protocol: p.Protocol,
				Container: c.Name, Project: c.Project, Service: c.Service, Dir: c.WorkingDir,
			}] = true
		}
	}
	return slices.SortedFunc(maps.Keys(found), func(a, b Published) int {
		return cmp.Or(cmp.Compare(a.Port, b.Port), cmp.Compare(a.Protocol, b.Protocol),
			cmp.Compare(a.HostIP, b.HostIP), cmp.Compare(a.Container, b.Container))
	})
}
