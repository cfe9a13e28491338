package host_test

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/devpm/devpm/extensions/host"
)

// footprint is what this process has.
type footprint struct {
	descriptors, goroutines, children int
	heap, resident                    int64 // bytes
}

func (f footprint) String() string {
	return fmt.Sprintf("%d descriptors, %d goroutines, %d children, heap %.1f MiB, resident %.1f MiB",
		f.descriptors, f.goroutines, f.children, float64(f.heap)/(1<<20), float64(f.resident)/(1<<20))
}

func measure(t *testing.T) footprint {
	t.Helper()
	runtime.GC()
	debug.FreeOSMemory()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	fds, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return footprint{descriptors: len(fds), goroutines: runtime.NumGoroutine(), children: children(t), heap: int64(m.HeapAlloc), resident: resident(t)}
}

// children counts the living and dead children of this process, and what hangs
// below them.
func children(t *testing.T) int {
	t.Helper()
	tasks, err := os.ReadDir("/proc/self/task")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, task := range tasks {
		list, _ := os.ReadFile("/proc/self/task/" + task.Name() + "/children")
		n += len(strings.Fields(string(list)))
	}
	return n
}

func resident(t *testing.T) int64 {
	t.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(status), "VmRSS:")
	kib, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return kib << 10
}

// TestTheHostileSetLeavesNothingInTheHost runs 200 hostile programs after one
// another and beside each other, in one host, and compares what the process has
// before and after. DEVPM_HOSTILE_ROUNDS runs the whole set that often instead.
func TestTheHostileSetLeavesNothingInTheHost(t *testing.T) {
	if testing.Short() {
		t.Skip("takes some seconds")
	}
	runs := 200
	if rounds, err := strconv.Atoi(os.Getenv("DEVPM_HOSTILE_ROUNDS")); err == nil {
		runs = rounds * len(hostile)
	}
	limits := quick
	for _, d := range []*time.Duration{&limits.Describe, &limits.Evaluate, &limits.Call, &limits.Execute, &limits.Shutdown} {
		*d = 200 * time.Millisecond
	}
	h := host.New(host.Options{Limits: limits, Self: self(t),
		Log: func(string, string, string) {}, Output: func(string, string) {}})
	run := func(n int) {
		work := make(chan int)
		var all sync.WaitGroup
		for range 16 {
			all.Go(func() {
				for i := range work {
					tc := hostile[i%len(hostile)]
					p := program(tc.act)
					p.Profile = tc.profile
					_ = converse(t.Context(), h, p) // what it says is the other test's
				}
			})
		}
		for i := range n {
			work <- i
		}
		close(work)
		all.Wait()
	}
	run(len(hostile)) // what is made once is made
	before := measure(t)
	run(runs)
	after := measure(t)
	for end := time.Now().Add(5 * time.Second); after.goroutines > before.goroutines && time.Now().Before(end); after = measure(t) {
		time.Sleep(20 * time.Millisecond)
	}
	t.Logf("%d runs\nbefore: %s\nafter:  %s", runs, before, after)
	if after.descriptors > before.descriptors || after.goroutines > before.goroutines || after.children > before.children {
		t.Errorf("something is left\nbefore: %s\nafter:  %s", before, after)
	}
	// How much is held at once, and so stays with the process, is up to chance: a
	// leak grows again.
	const most = 5 << 20
	grew := func() bool { return after.heap-before.heap > most || after.resident-before.resident > most }
	if grew() {
		t.Logf("memory grew: the same again")
		before = after
		run(runs)
		after = measure(t)
	}
	if grew() {
		t.Errorf("memory grew by more than 5 MiB, twice\nbefore: %s\nafter:  %s", before, after)
	}
	if err := h.Close(); err != nil {
		t.Error(err)
	}
}
