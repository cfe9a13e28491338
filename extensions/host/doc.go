// Package host runs the programs of extensions and speaks with them: one
// process for each, JSON-RPC over its standard input and output, with a limit
// on every message and every wait.
//
// Whatever a program does (says nothing, says too much, ends, does not end,
// leaves others behind), the caller gets an answer in time or a *Failure that
// names the extension and what it did. The program is always reaped.
//
// The package does not choose what to start, find interpreters or read
// packages; it knows no plan and no Compose document. It checks that an answer
// has the shape of the protocol; what the answer means for the project is for
// others to judge.
package host
