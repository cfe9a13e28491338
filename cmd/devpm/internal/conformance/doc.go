// Package conformance holds the cases of the manifest contract of odpm, given
// and expected, and runs each of them against devpm's own packages.
//
// A case passes, or differs on purpose, or waits for a part that devpm does not
// have yet; docs/compatibility.md lists the last two, and a test keeps both
// lists equal. The package has tests only: it decides nothing and is not part
// of the program.
package conformance
