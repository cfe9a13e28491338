package engine

import (
	"archive/tar"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/internal/execx"
)

// Docker runs the docker command for what Compose has no verb for: images as
// files. It uses the context and credentials that Compose uses.
type Docker struct {
	Runner execx.Runner
	Env    []string
}

// Save writes one image, under the name that it is asked for by, into a file.
func (d Docker) Save(ctx context.Context, name, file string) error {
	return d.run(ctx, "save", "--output", file, name)
}

// Load brings the images of a file into the engine.
func (d Docker) Load(ctx context.Context, file string) error {
	return d.run(ctx, "load", "--quiet", "--input", file)
}

// Pull brings an image from its registry.
func (d Docker) Pull(ctx context.Context, name string) error {
	return d.run(ctx, "pull", "--quiet", name)
}

// Push sends an image to its registry, with the credentials that the user's
// docker has for it.
func (d Docker) Push(ctx context.Context, name string) error {
	return d.run(ctx, "push", "--quiet", name)
}

func (d Docker) run(ctx context.Context, verb string, args ...string) error {
	r, err := d.Runner.Run(ctx, execx.Command{
		Argv: append([]string{"docker", verb}, args...), Env: d.Env, Tail: tailLines,
		Stdout: io.Discard, Stderr: io.Discard,
	})
	switch start, ok := errors.AsType[*execx.StartError](err); {
	case ok:
		return fault(diag.DockerFailed, "docker cannot be started: "+string(start.Reason), "install the docker command, or put it in PATH")
	case err != nil:
		return fmt.Errorf("running docker %s: %w", verb, err)
	case r.Interrupted:
		return fmt.Errorf("running docker %s: %w", verb, context.Cause(ctx))
	case r.ExitCode == 0:
		return nil
	}
	said := "it ended with " + fmt.Sprint(r.ExitCode)
	if n := len(r.Tail); n > 0 {
		said = r.Tail[n-1]
	}
	found := explain("docker "+verb, said)
	if found.Code == diag.ComposeFailed {
		found.Code, found.Fix = diag.DockerFailed, "run `docker "+verb+" "+strings.Join(args, " ")+"` by hand to see more"
	}
	return diag.List{found}.Err()
}

// maxArchiveIndex bounds the lists of images in an archive.
const maxArchiveIndex = 4 << 20

// ErrArchive is an archive that holds something else than it should.
var ErrArchive = errors.New("the archive is not that of this image alone")

// CheckArchive reads what names an archive would give its images, and refuses
// one that would give any but name: loading it could replace images that have
// nothing to do with the project. Which of its two lists counts depends on how
// the engine stores images.
func CheckArchive(file io.ReadSeeker, name string) error {
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	t := tar.NewReader(file)
	lists := 0
	for {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			if lists == 0 {
				return ErrArchive
			}
			return nil
		}
		if err != nil {
			return ErrArchive
		}
		read := namesOf[path.Clean(h.Name)]
		if read == nil {
			continue
		}
		lists++
		data, err := io.ReadAll(io.LimitReader(t, maxArchiveIndex))
		if err != nil {
			return ErrArchive
		}
		names, err := read(data)
		if err != nil || slices.ContainsFunc(names, func(tag string) bool { return familiar(tag) != familiar(name) }) {
			return ErrArchive
		}
	}
}

// namesOf reads the names in each of an archive's lists.
var namesOf = map[string]func([]byte) ([]string, error){
	"manifest.json": func(data []byte) (names []string, err error) {
		var images []struct{ RepoTags []string }
		if err = json.Unmarshal(data, &images); err == nil && len(images) != 1 {
			err = ErrArchive
		}
		for _, i := range images {
			names = append(names, i.RepoTags...)
		}
		return names, err
	},
	"index.json": func(data []byte) (names []string, err error) {
		var index struct {
			Manifests []struct {
				Annotations map[string]string `json:"annotations"`
			} `json:"manifests"`
		}
		err = json.Unmarshal(data, &index)
		for _, m := range index.Manifests {
			if name := m.Annotations["io.containerd.image.name"]; name != "" {
				names = append(names, name)
			}
		}
		return names, err
	},
	"repositories": func(data []byte) (names []string, err error) {
		var tags map[string]map[string]string
		err = json.Unmarshal(data, &tags)
		for name, of := range tags {
			for tag := range of {
				names = append(names, name+":"+tag)
			}
		}
		return names, err
	},
}

// CheckArchiveFile is CheckArchive of a file.
func CheckArchiveFile(path, name string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	return CheckArchive(f, name)
}

// familiar is the short form of a name, so that two can be compared:
// "docker.io/library/postgres:latest" is "postgres" is "postgres:latest".
func familiar(name string) string {
	name, _, _ = strings.Cut(name, "@")
	for _, prefix := range []string{"docker.io/", "index.docker.io/", "library/"} {
		name = strings.TrimPrefix(name, prefix)
	}
	if !strings.Contains(name[strings.LastIndexByte(name, '/')+1:], ":") {
		name += ":latest"
	}
	return name
}

// HeldByDigest reports whether a name asks for a digest. An archive cannot
// bring one back on every engine.
func HeldByDigest(name string) bool { return strings.Contains(name, "@sha256:") }
