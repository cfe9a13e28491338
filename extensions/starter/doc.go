// Package starter makes the files of a new extension, in Go or Python: a small
// one that runs, with a test.
//
// It makes bytes; it writes nothing and runs nothing.
package starter
