package main

import "github.com/rogpeppe/go-internal/testscript"

// cmdTerminal needs a pseudo-terminal, which Windows has in another form.
func cmdTerminal(ts *testscript.TestScript, _ bool, _ []string) {
	ts.Fatalf("terminal: scripts that use it begin with [!unix] skip")
}
