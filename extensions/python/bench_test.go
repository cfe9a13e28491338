package python

import (
	"os/exec"
	"testing"
	"time"

	"github.com/devpm/devpm/extensions/protocol"
)

// BenchmarkStart compares what a start costs of processor time, which other work
// on the machine does not change: an interpreter that does nothing, one with the
// shim, and one with ten plugins; each up to the answer to describe.
func BenchmarkStart(b *testing.B) {
	i := interpreter(b)
	bare := func(args ...string) func(b *testing.B) time.Duration {
		return func(b *testing.B) time.Duration {
			cmd := exec.Command(i.Path, args...)
			if err := cmd.Run(); err != nil {
				b.Fatal(err)
			}
			return cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
		}
	}
	shimmed := func(files map[string]string) func(b *testing.B) time.Duration {
		dir := project(b, files)
		modules := modulesIn(dir)
		return func(b *testing.B) time.Duration {
			p := Program(i, dir, nil, modules, nil)
			c := start(b, p.Argv, p.Dir, p.Env, p.Preamble)
			c.must(protocol.MethodInitialize, opened(dir, protocol.ModePlan), nil)
			c.must(protocol.MethodDescribe, struct{}{}, nil)
			c.must(protocol.MethodShutdown, struct{}{}, nil)
			c.cmd.Wait()
			return c.cmd.ProcessState.UserTime() + c.cmd.ProcessState.SystemTime()
		}
	}
	ten := map[string]string{}
	for n := range 10 {
		ten[string(rune('a'+n))+".py"] = head + "register_compose_fragment('" + string(rune('a'+n)) + "', type('F', (), {'compose_services': lambda self, ctx: {}}))\n"
	}
	for _, row := range []struct {
		name string
		run  func(b *testing.B) time.Duration
	}{
		{"python -S -c pass", bare("-S", "-c", "pass")},
		{"python -c pass", bare("-c", "pass")},
		{"shim", shimmed(nil)},
		{"shim and ten plugins", shimmed(ten)},
	} {
		b.Run(row.name, func(b *testing.B) {
			least := time.Hour
			for b.Loop() {
				least = min(least, row.run(b))
			}
			b.ReportMetric(float64(least.Microseconds())/1000, "ms-cpu")
		})
	}
}

// BenchmarkRoundTrip is one question to a live plugin.
func BenchmarkRoundTrip(b *testing.B) {
	dir := project(b, map[string]string{"p.py": stepThat("s", "return make_plan_step('s', 'd', 'noop', True, 'r')")})
	p := Program(interpreter(b), dir, nil, modulesIn(dir), nil)
	c := start(b, p.Argv, p.Dir, p.Env, p.Preamble)
	c.must(protocol.MethodInitialize, opened(dir, protocol.ModePlan), nil)
	c.must(protocol.MethodDescribe, struct{}{}, nil)
	for b.Loop() {
		c.must(protocol.MethodEvaluate, protocol.StepParams{ID: "s"}, nil)
	}
}
