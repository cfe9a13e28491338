package engine

import "runtime"

// startHint is how the engine is started on this system.
func startHint() string {
	switch runtime.GOOS {
	case "linux":
		return "start it with `sudo systemctl start docker` (Docker Desktop: `systemctl --user start docker-desktop`), then run again"
	case "windows":
		return "start Docker Desktop, then run again"
	default:
		return "start Docker Desktop (`open -a Docker`), Colima or OrbStack, then run again"
	}
}
