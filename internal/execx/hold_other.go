//go:build !linux

package execx

// canHold: only Linux hands orphans to an ancestor that asks for them.
const canHold = false

// Hold is the holder, which there is not.
func Hold([]string) int { return ExitNotExecutable }

// killTree has nothing to go by.
func killTree(int) {}
