// Package manifest reads odpm.json: bytes to a Document with positions, then
// to a Manifest that is typed, checked and expanded.
//
// It does not read files or the environment itself (both come in as values),
// generates nothing, and knows neither Compose nor the engine.
package manifest

// Document is a manifest's source and its tree as written.
type Document struct {
	File   string // the name that diagnostics show
	Source []byte
	Root   *Node // unexpanded
}
