package engine

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"strconv"
	"time"
)

// BuildMode says whether `up` builds images.
type BuildMode string

// The modes. The zero value is Compose's own rule: build what is not there.
const (
	BuildMissing BuildMode = ""
	BuildAlways  BuildMode = "always" // --build
	BuildNever   BuildMode = "never"  // --no-build
)

// UpOptions are what `up` is told beside the document.
type UpOptions struct {
	Services      []string // all when empty
	Profiles      []string
	Build         BuildMode
	ForceRecreate bool
	RemoveOrphans bool
	// Pull is Compose's --pull: "always", "missing", "never", or "" for each
	// service's own pull_policy (an image that is not there is pulled).
	Pull string
	// Wait lets Compose itself wait until services are healthy, at most this
	// long, for engines that Engine cannot observe; 0 does not wait. Compose
	// counts a job that ended well as a failure, so Engine.Wait is better.
	Wait time.Duration
}

func (o UpOptions) args() (flags, args []string) {
	for _, p := range o.Profiles {
		flags = append(flags, "--profile", p)
	}
	switch o.Build {
	case BuildAlways:
		args = append(args, "--build")
	case BuildNever:
		args = append(args, "--no-build")
	}
	if o.ForceRecreate {
		args = append(args, "--force-recreate")
	}
	if o.RemoveOrphans {
		args = append(args, "--remove-orphans")
	}
	if o.Pull != "" {
		args = append(args, "--pull", o.Pull)
	}
	return flags, args
}

// Up creates and starts the services in the background. It returns when the
// containers were started, not when they are ready: that is Engine.Wait.
func (c *Compose) Up(ctx context.Context, o UpOptions) error {
	flags, args := o.args()
	args = append([]string{"--detach"}, args...)
	if o.Wait > 0 {
		args = append(args, "--wait", "--wait-timeout", seconds(o.Wait))
	}
	return c.run(ctx, call{verb: "up", flags: flags, args: append(args, o.Services...)})
}

// Build builds the images of the services, all when none is named. The image of
// a service in identities gets that as a label, by which any project finds out
// what it was built from.
func (c *Compose) Build(ctx context.Context, services []string, identities map[string]string) error {
	k := call{verb: "build", args: services}
	if labels := identityLabels(identities); labels != nil {
		k.flags, k.stdin = []string{"-f", "-"}, bytes.NewReader(labels)
	}
	return c.run(ctx, k)
}

// BuildFrom builds the image of a service from a directory of the project that
// its document does not name, and marks it with the identity as Build does.
func (c *Compose) BuildFrom(ctx context.Context, service, directory, identity string) error {
	return c.run(ctx, call{verb: "build", args: []string{service}, flags: []string{"-f", "-"}, stdin: bytes.NewReader(contextDocument(service, directory, identity))})
}

// Pull pulls the images of the services. It asks for no build.
func (c *Compose) Pull(ctx context.Context, services []string) error {
	return c.run(ctx, call{verb: "pull", args: services})
}

// DownOptions are what `down` is told.
type DownOptions struct {
	Volumes bool          // also remove the named volumes of the project
	Timeout time.Duration // for a container to stop; 0 is the container's own
}

// Down removes the project's containers and networks. It goes by the labels
// that Compose put on them and reads no document, so that it also works when
// the document is missing, broken or of another version.
func (c *Compose) Down(ctx context.Context, o DownOptions) error {
	args := []string{"--remove-orphans"}
	if o.Volumes {
		args = append(args, "--volumes")
	}
	if o.Timeout > 0 {
		args = append(args, "--timeout", seconds(o.Timeout))
	}
	argv := append([]string{}, c.o.Tool.Argv...)
	argv = append(argv, "-p", c.o.ProjectName)
	if c.o.Tool.Version.AtLeast(jsonProgress) {
		argv = append(argv, "--progress", "json")
	}
	argv = append(append(argv, "down"), args...)
	return c.run(ctx, call{verb: "down", argv: argv, dir: neutralDir(c.o.Dir)})
}

// Stop stops the services, all when none is named, and keeps their containers.
func (c *Compose) Stop(ctx context.Context, services []string, timeout time.Duration) error {
	return c.run(ctx, call{verb: "stop", args: append(stopTimeout(timeout), services...)})
}

// Restart restarts the services, all when none is named.
func (c *Compose) Restart(ctx context.Context, services []string, timeout time.Duration) error {
	return c.run(ctx, call{verb: "restart", args: append(stopTimeout(timeout), services...)})
}

// Config returns the document as Compose understands it; format is "yaml" or
// "json".
func (c *Compose) Config(ctx context.Context, format string) ([]byte, error) {
	return c.capture(ctx, "config", "--format", format)
}

// ConfigHashes returns Compose's own hash of each service, which it also puts
// on containers as the label config-hash: a difference means that `up` would
// recreate. Needs one run of Compose.
func (c *Compose) ConfigHashes(ctx context.Context) (map[string]string, error) {
	out, err := c.capture(ctx, "config", "--hash", "*")
	if err != nil {
		return nil, err
	}
	hashes := map[string]string{}
	for line := range nonEmptyLines(string(out)) {
		var service, hash string
		if _, err := fmt.Sscan(line, &service, &hash); err != nil {
			return nil, fmt.Errorf("reading the hash of a service from %q: %w", line, err)
		}
		hashes[service] = hash
	}
	return hashes, nil
}

func stopTimeout(d time.Duration) []string {
	if d <= 0 {
		return nil
	}
	return []string{"--timeout", seconds(d)}
}

// seconds rounds up, so that a short time is not none.
func seconds(d time.Duration) string {
	return strconv.Itoa(int(math.Ceil(d.Seconds())))
}
