package cli

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/devpm/devpm/compose/engine"
	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/internal/fsx"
	"github.com/devpm/devpm/prepare"
	"github.com/devpm/devpm/prepare/git"
	"github.com/devpm/devpm/prepare/observe"
	"github.com/devpm/devpm/prepare/offline"
)

// bringRepositories clones what is missing and puts each repository on its
// commit, round by round while they name more, as a run would.
func (v *vendoring) bringRepositories(ctx context.Context, link *engineLink) (*prepare.Desired, *prepare.Observed, error) {
	fetched := map[string]bool{}
	effects := v.gitEffects(v.app, false, fetched, v.progress)
	for {
		desired := v.desired(v.services())
		if err := v.lockRepositories(v.app, desired, prepare.Options{}); err != nil {
			return nil, nil, err
		}
		files, err := fsx.OpenView(v.dir)
		if err != nil {
			return nil, nil, fmt.Errorf("opening the project: %w", err)
		}
		observed := observe.Observe(ctx, desired, observe.World{Files: files, Repositories: v.client})
		files.Close()
		var wanted []prepare.Repository
		for _, repo := range desired.Repositories {
			if !fetched[repo.Dir] && !git.Right(repo, observed.Repositories[repo.Dir]) {
				wanted = append(wanted, repo)
			}
		}
		if len(wanted) == 0 {
			return desired, observed, nil
		}
		found, err := effects.Materialize(ctx, wanted)
		v.warnings = append(v.warnings, found...)
		if err != nil {
			return nil, nil, err
		}
		if err := v.refresh(ctx, v.app, link, nil); err != nil {
			return nil, nil, err
		}
	}
}

// keepRepositories makes a mirror of each remote. A file:// tree is used where
// it is and is not one.
func (v *vendoring) keepRepositories(ctx context.Context, desired *prepare.Desired, observed *prepare.Observed) error {
	type remote struct {
		offline.Repository
		parts []git.Mirrored
	}
	remotes := map[string]*remote{}
	var order []string
	var found diag.List
	for _, repo := range desired.Repositories {
		if repo.Local {
			v.warnings = append(v.warnings, diag.Diagnostic{
				Code: diag.VendorPartly, Severity: diag.Notice, Range: repo.Range, Path: repo.Path,
				Message: repo.Dir + " is used where it is and is not vendored", Fix: "take the directory along to another machine yourself",
			})
			continue
		}
		state := observed.Repositories[repo.Dir]
		refs, branch, err := v.client.MirrorRefs(ctx, repo, state)
		if err != nil {
			found = append(found, v.repositoryFault(repo, err))
			continue
		}
		key := git.Key(repo.URL)
		r := remotes[key]
		if r == nil {
			r = &remote{Repository: offline.Repository{Name: repo.Name, URL: git.Mask(repo.URL), Commit: state.Head, Refs: map[string]string{}}}
			remotes[key], order = r, append(order, key)
		}
		if r.Head == "" {
			r.Head = branch
		}
		maps.Copy(r.Refs, refs)
		r.parts = append(r.parts, git.Mirrored{Repository: repo, Refs: refs})
	}
	if err := found.Err(); err != nil {
		return err
	}
	for _, key := range order {
		r := remotes[key]
		r.Path = mirrorPath(key, r.Repository)
		// A mirror of this name has these refs: only its files are to be looked at.
		kept := len(v.stock.index.Below(r.Path)) > 0 && len(v.stock.check(r.Path)) == 0
		if !kept {
			err := v.step("repository "+r.Name, "Mirror the repository", func() error { return v.client.Mirror(ctx, v.stock.path(r.Path), r.Head, r.parts...) })
			if err != nil {
				return diag.List{v.repositoryFault(r.parts[0].Repository, err)}.Err()
			}
		}
		v.next.Repositories = append(v.next.Repositories, r.Repository)
		if err := v.adopt(offline.Listed(v.stock.dir, r.Path), kept); err != nil {
			return err
		}
	}
	return nil
}

func (v *vendoring) repositoryFault(repo prepare.Repository, err error) diag.Diagnostic {
	if errors.Is(err, git.ErrNoCommits) {
		return diag.Diagnostic{
			Code: diag.VendorRepository, Range: repo.Range, Path: repo.Path,
			Message: repo.Name + " cannot be vendored: " + err.Error(), Fix: "make a first commit in " + repo.Dir,
		}
	}
	d := git.Explain(repo, err)
	if d.Code == diag.GitFailed || d.Code == diag.GitDisk {
		d.Message = fmt.Sprintf("%s cannot be vendored: %s", repo.Name, d.Message)
	}
	return d
}

// mirrorPath names a mirror by its remote and what it has of it.
func mirrorPath(key string, r offline.Repository) string {
	sum := sha256.New()
	fmt.Fprintf(sum, "%s\n%s\n", key, r.Head)
	for _, ref := range slices.Sorted(maps.Keys(r.Refs)) {
		fmt.Fprintf(sum, "%s %s\n", r.Refs[ref], ref)
	}
	return offline.Repositories + "/" + fileName(r.Name) + "-" + hex.EncodeToString(sum.Sum(nil)[:6]) + ".git"
}

var notInNames = regexp.MustCompile(`[^A-Za-z0-9_-]+`)

// fileName is a name that is a file's on every system.
func fileName(name string) string { return strings.Trim(notInNames.ReplaceAllString(name, "-"), "-") }

// findImages says which images the project needs, all as the index has them;
// those that no service builds and that are not here are pulled.
func (v *vendoring) findImages(ctx context.Context, link *engineLink, desired *prepare.Desired, record prepare.Record) ([]offline.Image, error) {
	identities := map[string]*prepare.Image{}
	for i := range desired.Images {
		identities[desired.Images[i].Tag] = &desired.Images[i]
	}
	names := v.imageNames(v.services())
	if len(names) == 0 {
		return nil, nil
	}
	eng, err := link.get()
	if err != nil {
		return nil, err
	}
	look := func() (engine.Snapshot, error) {
		return eng.Observe(ctx, engine.ObserveOptions{Project: v.name, Images: names})
	}
	snapshot, err := look()
	if err != nil {
		return nil, err
	}
	docker := engine.Docker{Runner: v.app.runner(), Env: v.app.Environ}
	var found diag.List
	pulled := false
	for _, name := range names {
		built := identities[name]
		refuse := func(message, fix string) {
			found = append(found, diag.Diagnostic{Code: diag.VendorImage, Message: fmt.Sprintf("the image %s cannot be vendored: %s", name, message), Fix: fix})
		}
		switch {
		case engine.HeldByDigest(name):
			refuse("it is named by a digest, which an archive does not bring back", "name it by a tag; `devpm lock update` holds the tag to its digest")
		case snapshot.Images[name] == "" && built != nil:
			refuse("it is built here, and has not been built yet", "run `devpm up` first")
		case snapshot.Images[name] == "" && v.isCIImage(name):
			refuse("it is the image of the scenario ci, and the engine does not have it", "run `devpm up --build-image`, or `docker pull` or `docker load` it, first")
		case built != nil && built.Identity != "" && record.Images[built.Service] != built.Identity && snapshot.Identities[name] != built.Identity:
			refuse("what it is built from has changed since it was built", "run `devpm up` first")
		case snapshot.Images[name] == "":
			if err := v.step("pull "+name, "Pull the image", func() error { return docker.Pull(ctx, name) }); err != nil {
				failure, ok := engine.ProblemOf(err)
				if !ok {
					return nil, err
				}
				found = append(found, failure)
			}
			pulled = true
		}
		if built != nil && built.Identity == "" {
			v.warnings = append(v.warnings, diag.Diagnostic{
				Code: diag.VendorPartly, Severity: diag.Warning, Path: "services." + built.Service + ".build",
				Message: "what " + name + " is built from cannot be told here, so it is built anew each time, offline too", Fix: "build from a directory of the project",
			})
		}
	}
	if err := found.Err(); err != nil {
		return nil, err
	}
	if pulled {
		if snapshot, err = look(); err != nil {
			return nil, err
		}
	}
	var out []offline.Image
	for _, name := range names {
		image := offline.Image{Name: name, ID: snapshot.Images[name], Digests: snapshot.Digests[name]}
		if built := identities[name]; built != nil {
			image.Identity = built.Identity
		}
		_, id, _ := strings.Cut(image.ID, ":")
		image.Archive = offline.Images + "/" + fileName(name) + "-" + id[:min(len(id), 12)] + ".tar"
		out = append(out, image)
	}
	return out, nil
}

// keepImages saves what is not saved yet.
func (v *vendoring) keepImages(ctx context.Context, images []offline.Image) error {
	docker := engine.Docker{Runner: v.app.runner(), Env: v.app.Environ}
	for _, image := range images {
		kept := len(v.stock.index.Below(image.Archive)) > 0 && len(v.stock.check(image.Archive)) == 0
		if !kept {
			temp := v.stock.path(offline.Images + "/.new-" + rand.Text()[:10])
			err := v.step("image "+image.Name, "Save the image", func() error { return docker.Save(ctx, image.Name, temp) })
			if err == nil {
				err = os.Rename(temp, v.stock.path(image.Archive))
			}
			if err != nil {
				_ = os.Remove(temp) // docker writes it whole or not at all, but a rename may fail
				if _, ok := engine.ProblemOf(err); ok {
					return err
				}
				return v.failed(image.Archive, err)
			}
		}
		v.next.Images = append(v.next.Images, image)
		if err := v.adopt([]string{image.Archive}, kept); err != nil {
			return err
		}
	}
	return nil
}
