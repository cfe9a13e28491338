// Package pack is what an extension is on disk: extension.yml, the archive that
// holds it, the store that all projects of a user share, and signatures.
//
// It reads, checks, builds and keeps packages. It starts nothing, talks to no
// network, and does not know which extensions a project uses: that is said by
// the manifest and judged by extensions.Collect. What a program answers is
// extensions/host's.
package pack
