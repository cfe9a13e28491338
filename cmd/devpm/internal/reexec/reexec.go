// Package reexec lets devpm be the helpers that hold extensions in: a process
// whose first argument is sandbox.Verb becomes the one that restricts itself, and
// then the extension's program; one whose first argument is execx.HoldVerb stays
// and ends what the program leaves behind. Both begin before anything else of
// devpm is initialised. Every program that imports this package can be such a
// helper, test programs too.
//
// It decides nothing: what is done is said by the arguments and done by
// extensions/sandbox and execx.Hold.
package reexec

import (
	"os"
	"runtime"

	"github.com/devpm/devpm/extensions/sandbox"
	"github.com/devpm/devpm/internal/execx"
)

// Packages are initialised in the order of their paths, once what they import
// is, so this function runs before the schema compilers and Compose models that
// take most of devpm's start (ADR 28 has the numbers). main would be too late.
func init() {
	if len(os.Args) < 2 {
		return
	}
	switch os.Args[1] {
	case sandbox.Verb:
		os.Exit(sandbox.Main(os.Args[2:]))
	case execx.HoldVerb:
		os.Exit(execx.Hold(os.Args[2:]))
	}
}

// Self is the path of this program, "" when it cannot be told. On Linux it is a
// name that stays good when the program's file is replaced during the run.
func Self() string {
	if runtime.GOOS == "linux" {
		return "/proc/self/exe"
	}
	path, err := os.Executable()
	if err != nil {
		return ""
	}
	return path
}
