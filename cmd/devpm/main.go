// Command devpm turns one manifest, odpm.json, into a running developer
// environment. Everything it does is in internal/cli; nothing happens here.
package main

import (
	"os"

	"github.com/devpm/devpm/cmd/devpm/internal/cli"
)

// version is set by the linker; without it the module's own version counts.
var version string

func main() { os.Exit(cli.Main(os.Args[1:], cli.System(version))) }
