//go:build !engine

package main

// engineBuild says whether this test binary may use a real engine.
const engineBuild = false
