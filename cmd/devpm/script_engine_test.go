//go:build engine

package main

import (
	"path/filepath"
	"testing"
)

// engineBuild says whether this test binary may use a real engine.
const engineBuild = true

// TestEngineScripts runs the scripts that start containers.
func TestEngineScripts(t *testing.T) { runScripts(t, filepath.Join(scriptRoot, engineScripts)) }
