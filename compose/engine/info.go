package engine

import (
	"context"

	"github.com/moby/moby/client"
)

// Info is what `devpm doctor` wants to know of an engine.
type Info struct {
	Version      string
	APIVersion   string
	OS           string // "Debian GNU/Linux 12 (bookworm)", "Docker Desktop"
	Architecture string
	CPUs         int
	MemoryBytes  int64
	Running      int // containers
	Containers   int
	Images       int
	Driver       string // of storage
	DataRoot     string
	FreeBytes    int64 // on the disk of DataRoot; -1 when it is not ours to see
	Warnings     []string
}

// Info asks the engine about itself; the error is a *diag.Failure.
func (e *Engine) Info(ctx context.Context) (Info, error) {
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	found, err := e.api.Info(ctx, client.InfoOptions{})
	if err != nil {
		return Info{}, e.refused(ctx, "asking the engine about itself", err)
	}
	i := found.Info
	info := Info{
		Version: i.ServerVersion, APIVersion: e.APIVersion, OS: i.OperatingSystem, Architecture: i.Architecture,
		CPUs: i.NCPU, MemoryBytes: i.MemTotal, Running: i.ContainersRunning, Containers: i.Containers,
		Images: i.Images, Driver: i.Driver, DataRoot: i.DockerRootDir, FreeBytes: -1, Warnings: i.Warnings,
	}
	if e.Endpoint.sameClock() { // the same machine, so the same disks
		info.FreeBytes = freeBytes(info.DataRoot)
	}
	return info, nil
}
