//go:build !linux

package engine

// freeBytes is unknown: here the engine's disk is inside a virtual machine.
func freeBytes(string) int64 { return -1 }
