package main

import (
	"os/exec"
	"sync"
)

// canUnshare reports whether a mount namespace can be made here, which is what
// tests of a read-only or full disk need.
var canUnshare = sync.OnceValue(func() bool {
	return exec.Command("unshare", "--mount", "true").Run() == nil
})
