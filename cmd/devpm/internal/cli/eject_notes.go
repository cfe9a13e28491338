package cli

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/devpm/devpm/manifest"
	"github.com/devpm/devpm/prepare"
	"github.com/devpm/devpm/prepare/git"
)

// ejectedPhases are the hook phases in the order of a run, with when they ran.
var ejectedPhases = []struct{ name, when string }{
	{manifest.PostClone, "once the repositories are there"},
	{manifest.PostPrepare, "before images are built"},
	{manifest.PreUp, "before `docker compose up`"},
	{manifest.PostUp, "once the services are healthy"},
	{manifest.PreDown, "before `docker compose down`"},
	{manifest.PostDown, "after `docker compose down`"},
}

// notes is EJECTED.md: what devpm did beside the document, for a person to do.
func (e *ejection) notes(state *prepare.Observed) []byte {
	var b strings.Builder
	compose := e.ejectedCommand()
	fmt.Fprintf(&b, "# What devpm did\n\nThis project was ejected from devpm. `docker-compose.yml` is yours from now on:\n\n    %s up -d --wait\n    %s down\n", compose, compose)
	e.noteRepositories(&b, state)
	e.noteCIImage(&b)
	e.noteDirectories(&b)
	e.noteHooks(&b)
	e.noteExtensions(&b)
	b.WriteString("\n## What may be deleted\n\n`odpm.json` and `.odpm/` are not needed any more, nor are `user_settings.json` and the folders `dependencies/` and `service-sources/`, which hold links only.\n")
	for _, f := range e.files {
		if f.Mode&0o077 == 0 {
			fmt.Fprintf(&b, "\n`%s` may hold passwords: it is readable for you alone, and should stay out of git.\n", f.Path)
		}
	}
	return []byte(b.String())
}

func (e *ejection) noteRepositories(b *strings.Builder, state *prepare.Observed) {
	if len(e.desired.Repositories) == 0 {
		return
	}
	use := "The document mounts these directories."
	if e.layout != nil && e.layout.CIImage != nil {
		use = "The image of the stack and the services of the document are made from these directories."
	}
	b.WriteString("\n## Repositories\n\n" + use + " On a new machine, clone them:\n\n")
	for _, repo := range e.desired.Repositories {
		if repo.Local {
			fmt.Fprintf(b, "    # %s is used where it is\n", repo.Dir)
			continue
		}
		commit := state.Repositories[repo.Dir].Head
		if commit == "" {
			commit = repo.Commit
		}
		if commit == "" {
			commit = repo.Branch
		}
		fmt.Fprintf(b, "    git clone %s %s\n", word(git.Mask(repo.URL)), word(repo.Dir))
		if commit != "" {
			fmt.Fprintf(b, "    git -C %s checkout %s\n", word(repo.Dir), word(commit))
		}
	}
}

// noteCIImage says where the image of the scenario ci comes from: the document
// names it and does not build it.
func (e *ejection) noteCIImage(b *strings.Builder) {
	if e.layout == nil || e.layout.CIImage == nil {
		return
	}
	tag := e.ciTag()
	fmt.Fprintf(b, "\n## The image\n\nThe document starts the image `%s`, which `devpm up --build-image` builds from `%s/`. ", tag, prepare.CIContext)
	fmt.Fprintf(b, "Keep the image in a registry, or move that folder out of `%s/` and keep the copies of the sources in it up to date:\n\n    docker build --tag %s ci-build-context\n", prepare.StateDir, word(tag))
}

func (e *ejection) noteDirectories(b *strings.Builder) {
	if len(e.desired.Directories) == 0 {
		return
	}
	b.WriteString("\n## Directories\n\nDocker makes missing ones itself, but as root. A volume that is bound to a directory names it by its absolute path: change that line when the project moves.\n\n")
	for _, d := range e.desired.Directories {
		path := d.Path
		if rel, err := filepath.Rel(e.dir, d.Path); err == nil && filepath.IsLocal(rel) {
			path = filepath.ToSlash(rel)
		}
		if strings.HasPrefix(path, prepare.StateDir+"/") {
			continue // has another place now
		}
		fmt.Fprintf(b, "    mkdir -p %s\n", word(path))
	}
}

func (e *ejection) noteHooks(b *strings.Builder) {
	head := false
	for _, phase := range ejectedPhases {
		entries := e.desired.Hooks[phase.name]
		if len(entries) == 0 {
			continue
		}
		if !head {
			b.WriteString("\n## Commands\n\ndevpm ran these in the project's directory, each as a list of words, without a shell:\n")
			head = true
		}
		fmt.Fprintf(b, "\n%s, %s:\n\n", phase.name, phase.when)
		for _, entry := range entries {
			if entry.Plugin != "" {
				fmt.Fprintf(b, "    the plugin %s\n", entry.Plugin)
				continue
			}
			argv := make([]string, len(entry.Run))
			for i, text := range entry.Run {
				argv[i] = text.Raw // as written: a secret is a name there
			}
			words, err := json.Marshal(argv)
			if err != nil {
				panic(err) // texts only
			}
			where := ""
			if entry.Service != "" {
				where = " in the service " + entry.Service
			}
			fmt.Fprintf(b, "    %s%s\n", words, where)
		}
	}
}

// word is one word of a POSIX shell.
func word(text string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./:@%+=,~", r)
	}
	if text != "" && strings.IndexFunc(text, func(r rune) bool { return !plain(r) }) < 0 {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
