// Package conformance holds the cases of the manifest contract of odpm, given
// and expected, and runs each of them against devpm's own packages.
//
// A case passes, or differs on purpose; docs/compatibility.md lists the latter,
// and a test keeps both lists equal. The package has tests only: it decides nothing and is not part
// of the program.
package conformance
