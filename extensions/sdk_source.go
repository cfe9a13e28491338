package extensions

import (
	"embed"
	"io/fs"
)

// The files of the Go SDK, without its tests: a new extension gets a copy, so
// that it builds without a network (design §7 Extensions).
//
//go:embed sdk/calls.go sdk/doc.go sdk/errors.go sdk/extension.go sdk/log.go sdk/project.go sdk/serve.go sdk/wire.go
var sdkFiles embed.FS

// SDK holds the source files of extensions/sdk.
func SDK() fs.FS {
	sub, err := fs.Sub(sdkFiles, "sdk")
	if err != nil {
		panic(err) // the directory is embedded above
	}
	return sub
}
