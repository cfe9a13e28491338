// Package archtest keeps the house as it was drawn: which package may reach
// which, which library lives in which room, which calls belong to the command
// line alone, that every diagnostic is documented and used, and that pages lead
// nowhere dead and name every room, dependency and code.
//
// It parses the sources itself instead of asking `go list`: files that the test
// opens are part of the test cache's key, those a child opens are not, and a
// forbidden import would pass from the cache. It judges no style; the linter
// does that.
package archtest
