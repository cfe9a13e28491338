//go:build !linux

package main

func canUnshare() bool { return false }
