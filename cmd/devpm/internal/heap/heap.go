// Package heap lets the heap of a process that imports it grow to three times
// what is in use, and to 8 MiB in any case, before it is collected: devpm is over
// before that matters. With Go's own setting the first collection falls into the
// start, among the schema compilers that packages initialise.
//
// It does nothing where the user has set GOGC, and limits no memory.
package heap

import (
	"os"
	"runtime/debug"
)

// Packages are initialised in the order of their paths, once what they import
// is: this one needs little and comes early. main would be too late.
func init() {
	if _, set := os.LookupEnv("GOGC"); !set {
		debug.SetGCPercent(200)
	}
}
