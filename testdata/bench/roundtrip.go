package main

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/devpm/devpm/extensions/host"
	"github.com/devpm/devpm/extensions/protocol"
)

// roundTrips is how many requests are measured after as many that are not.
const roundTrips = 2000

// roundTrip measures a round trip to an extension that runs in the sandbox, as
// planning makes it.
func (b *bench) roundTrip(scratch string) error {
	program := filepath.Join(scratch, "extension")
	if out, err := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", program, "./testdata/bench/extension").CombinedOutput(); err != nil {
		return fmt.Errorf("building the extension: %w\n%s", err, out)
	}
	ctx := context.Background()
	h := host.New(host.Options{Self: b.devpm})
	defer h.Close()
	s, err := h.Start(ctx, host.Program{Name: "bench", Argv: []string{program}, Dir: scratch, Env: host.Environment(b.env, false)},
		protocol.Initialize{ProtocolVersion: protocol.Version, Mode: protocol.ModePlan, Capabilities: protocol.Capabilities()})
	if err != nil {
		return err
	}
	took := make([]time.Duration, 0, roundTrips)
	for i := range 2 * roundTrips {
		began := time.Now()
		if _, err := s.Evaluate(ctx, "bench.step"); err != nil {
			return err
		}
		if i >= roundTrips {
			took = append(took, time.Since(began))
		}
	}
	middle := median(took)
	b.rows = append(b.rows, row{name: "a round trip to a live extension", ours: middle, value: float64(middle.Microseconds()) / 1000, goal: 0.3, unit: " ms"})
	return h.Close()
}
