package prepare

import "path"

// StandingFiles are the files that every project has, whatever its manifest
// says; the caller adds them to Desired.Files. With fragments it includes the
// .gitignore of the fragments' directory (spec §5).
func StandingFiles(fragments bool) []File {
	files := []File{{Step: "project.map_folders", Path: ".odpm/.gitignore", Content: []byte(stateIgnore), Mode: 0o644, Once: true}}
	if fragments {
		files = append(files, File{Step: "compose.fragments", Path: ".odpm/compose/fragments/.gitignore", Content: []byte("*\n!.gitignore\n"), Mode: 0o644})
	}
	return files
}

// LinkIgnores are files that keep the folders of links out of git, themselves
// included: where a link leads to is one machine's matter. They are written
// once; a project that commits such a folder empties the file.
func LinkIgnores(links []Link) []File {
	var files []File
	seen := map[string]bool{}
	for _, l := range links {
		dir := path.Dir(l.Path)
		if dir == "." || seen[dir] {
			continue
		}
		seen[dir] = true
		files = append(files, File{
			Step: "project.map_folders", Path: dir + "/.gitignore", Mode: 0o644, Once: true,
			Content: []byte("# Written once by devpm, then yours. Links into other directories stay out of git.\n*\n"),
		})
	}
	return files
}

// stateIgnore keeps what is generated or secret out of git, and lets plugins,
// the lock file and the secrets example in.
const stateIgnore = `# Written once by devpm, then yours. Generated files and secrets stay out of git.
/backups/
/base_image_identity.json
/ci-build-context/
/compose/
/database/
/deploy/
/replaced/
/run.lock
/runtime/
/secrets.json
/state.json
.devpm-*.tmp
`
