package engine_test

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/devpm/devpm/compose/engine"
	"github.com/devpm/devpm/diag"
)

// epoch is when the tests' waits begin.
var epoch = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

// at is a time of the story, for the API.
func at(d time.Duration) string { return epoch.Add(d).Format(time.RFC3339Nano) }

// moment is one container at one time.
type moment struct {
	from  time.Duration // since the wait began
	state object        // State of inspect; nil: the container is not there
	more  object        // further fields of inspect
}

func running(since time.Duration, health object) object {
	s := object{"Status": "running", "StartedAt": at(since)}
	if health != nil {
		s["Health"] = health
	}
	return s
}

func exited(code int) object {
	return object{"Status": "exited", "ExitCode": code, "StartedAt": at(0)}
}

func health(status string, log ...object) object { return object{"Status": status, "Log": log} }

func probe(end time.Duration, code int, output string) object {
	return object{"Start": at(end - time.Second), "End": at(end), "ExitCode": code, "Output": output}
}

func policy(name string, restarts int) object {
	return object{"RestartCount": restarts, "HostConfig": object{"RestartPolicy": object{"Name": name}}}
}

// story plays moments of services to a wait whose clock only moves by its own
// sleeping.
type story struct {
	*fakeEngine
	now  time.Time
	naps []time.Duration
}

func newStory(t *testing.T, services map[string][]moment) (*story, *engine.Engine) {
	t.Helper()
	s := &story{fakeEngine: newFakeEngine(t), now: epoch}
	current := func(moments []moment) *moment {
		var now *moment
		for i := range moments {
			if s.now.Sub(epoch) >= moments[i].from {
				now = &moments[i]
			}
		}
		return now
	}
	s.set("/containers/json", answer(func(http.ResponseWriter, *http.Request) any {
		list := []object{}
		for name, moments := range services {
			if m := current(moments); m != nil && m.state != nil {
				list = append(list, listed(name, "shop", name, m.state["Status"].(string), "", nil))
			}
		}
		return list
	}))
	for name, moments := range services {
		s.set("/containers/"+name+"/json", answer(func(http.ResponseWriter, *http.Request) any {
			o := object{"Id": name, "Name": "/shop-" + name + "-1", "Config": object{"Tty": true}}
			m := current(moments)
			o["State"] = m.state
			maps.Copy(o, m.more)
			return o
		}))
		s.set("/containers/"+name+"/logs", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte("last words of " + name))
		}))
	}
	return s, s.connect(t, engine.Clock{
		Now: func() time.Time { return s.now },
		Sleep: func(ctx context.Context, d time.Duration) error {
			s.naps = append(s.naps, d)
			s.now = s.now.Add(d)
			return ctx.Err()
		},
	})
}

func TestWait(t *testing.T) {
	for _, tc := range []struct {
		name     string
		services map[string][]moment
		want     map[string]engine.Phase
		codes    []diag.Code
		text     []string
		took     time.Duration // at least, and at most a second and a half more
	}{
		{
			name: "healthy after a while",
			services: map[string][]moment{"web": {
				{from: 0, state: running(0, health("starting"))},
				{from: 3 * time.Second, state: running(0, health("healthy", probe(2*time.Second, 0, "ok")))},
			}},
			want: map[string]engine.Phase{"web": engine.Ready}, took: 3 * time.Second,
		},
		{
			name:     "no health check: up for two seconds",
			services: map[string][]moment{"web": {{from: 0, state: running(0, nil)}}},
			want:     map[string]engine.Phase{"web": engine.Ready}, took: 2 * time.Second,
		},
		{
			name:     "no health check, and up since long ago",
			services: map[string][]moment{"web": {{from: 0, state: running(-time.Hour, nil)}}},
			want:     map[string]engine.Phase{"web": engine.Ready},
		},
		{
			name: "a restart begins the two seconds again",
			services: map[string][]moment{"web": {
				{from: 0, state: running(0, nil)},
				{from: 1500 * time.Millisecond, state: running(1500*time.Millisecond, nil), more: policy("always", 1)},
			}},
			want: map[string]engine.Phase{"web": engine.Ready}, took: 3500 * time.Millisecond,
		},
		{
			name: "a job that ends with 0",
			services: map[string][]moment{"job": {
				{from: 0, state: running(0, nil)},
				{from: time.Second, state: exited(0), more: policy("no", 0)},
			}},
			want: map[string]engine.Phase{"job": engine.Finished}, took: time.Second,
		},
		{
			name:     "a job that ends with 0 under on-failure",
			services: map[string][]moment{"job": {{from: 0, state: exited(0), more: policy("on-failure", 0)}}},
			want:     map[string]engine.Phase{"job": engine.Finished},
		},
		{
			name:     "a job that fails",
			services: map[string][]moment{"job": {{from: 0, state: exited(3)}}},
			want:     map[string]engine.Phase{"job": engine.Broken},
			codes:    []diag.Code{diag.ServiceExited}, text: []string{"services.job: ended with 3", "devpm logs job"},
		},
		{
			name: "unhealthy, with the last probe",
			services: map[string][]moment{"db": {
				{from: 0, state: running(0, health("starting"))},
				{from: time.Second, state: running(0, health("unhealthy", probe(500*time.Millisecond, 2, "first"), probe(900*time.Millisecond, 1, "psql:\nno pg_hba entry\n")))},
			}},
			want:  map[string]engine.Phase{"db": engine.Broken},
			codes: []diag.Code{diag.ServiceUnhealthy}, text: []string{"is unhealthy: the last probe ended with 1: no pg_hba entry"}, took: time.Second,
		},
		{
			name: "unhealthy from before this start does not count",
			services: map[string][]moment{"db": {
				{from: 0, state: running(0, health("unhealthy", probe(-time.Minute, 1, "old")))},
				{from: time.Second, state: running(0, health("healthy", probe(time.Second, 0, "")))},
			}},
			want: map[string]engine.Phase{"db": engine.Ready}, took: time.Second,
		},
		{
			name: "healthy from before this start does not count either",
			services: map[string][]moment{"db": {
				{from: 0, state: running(0, health("healthy", probe(-time.Minute, 0, "old")))},
				{from: time.Second, state: running(0, health("healthy", probe(time.Second, 0, "")))},
			}},
			want: map[string]engine.Phase{"db": engine.Ready}, took: time.Second,
		},
		{
			name: "a restart loop",
			services: map[string][]moment{"web": {
				{from: 0, state: running(0, nil), more: policy("always", 0)},
				{from: time.Second, state: object{"Status": "restarting", "ExitCode": 1}, more: policy("always", 3)},
				{from: 2 * time.Second, state: object{"Status": "restarting", "ExitCode": 1}, more: policy("always", 6)},
			}},
			want:  map[string]engine.Phase{"web": engine.Broken},
			codes: []diag.Code{diag.ServiceRestarts}, text: []string{"keeps restarting: 6 times, last ended with 1"}, took: 2 * time.Second,
		},
		{
			name: "a few restarts, then up",
			services: map[string][]moment{"web": {
				{from: 0, state: object{"Status": "restarting", "ExitCode": 1}, more: policy("always", 7)},
				{from: time.Second, state: running(time.Second, nil), more: policy("always", 9)},
			}},
			want: map[string]engine.Phase{"web": engine.Ready}, took: 3 * time.Second,
		},
		{
			name: "all that fail within the settle time are told",
			services: map[string][]moment{
				"a": {{from: 0, state: exited(1)}},
				"b": {{from: 0, state: running(0, nil)}, {from: time.Second, state: object{"Status": "exited", "ExitCode": 137, "OOMKilled": true}}},
				"c": {{from: 0, state: running(0, health("starting"))}},
			},
			want:  map[string]engine.Phase{"a": engine.Broken, "b": engine.Broken, "c": engine.Starting},
			codes: []diag.Code{diag.ServiceExited, diag.ServiceExited}, text: []string{"services.a: ended with 1", "services.b: ended with 137, killed for using too much memory"}, took: 2 * time.Second,
		},
		{
			name:     "a service without a container",
			services: map[string][]moment{"gone": {{from: 0}}},
			want:     map[string]engine.Phase{"gone": engine.Broken},
			codes:    []diag.Code{diag.ServiceWithoutContainer}, took: 2 * time.Second,
		},
		{
			name:     "a container that could not be started",
			services: map[string][]moment{"web": {{from: 0, state: object{"Status": "created", "Error": "exec: \"nope\": not found"}}}},
			want:     map[string]engine.Phase{"web": engine.Broken},
			codes:    []diag.Code{diag.ServiceExited}, text: []string{"could not be started: exec"},
		},
		{
			name:     "a service that somebody stops",
			services: map[string][]moment{"web": {{from: 0, state: exited(0), more: policy("unless-stopped", 0)}}},
			want:     map[string]engine.Phase{"web": engine.Broken},
			codes:    []diag.Code{diag.ServiceExited}, text: []string{"was stopped"},
		},
		{
			name: "a service that was ready and fails while another is waited for",
			services: map[string][]moment{
				"a": {{from: 0, state: running(-time.Hour, nil)}, {from: 3 * time.Second, state: exited(1)}},
				"b": {{from: 0, state: running(0, health("starting"))}},
			},
			want:  map[string]engine.Phase{"a": engine.Broken, "b": engine.Starting},
			codes: []diag.Code{diag.ServiceExited}, took: 5 * time.Second,
		},
		{
			name:     "not ready in time",
			services: map[string][]moment{"slow": {{from: 0, state: running(0, health("starting", probe(time.Second, 1, "connection refused")))}}},
			want:     map[string]engine.Phase{"slow": engine.Starting},
			codes:    []diag.Code{diag.ServiceNotReady}, text: []string{"was not ready in time: it is not healthy yet: the last probe ended with 1: connection refused", "--wait-timeout"}, took: time.Minute,
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s, e := newStory(t, tc.services)
			var names []string
			for name := range tc.services {
				names = append(names, name)
			}
			result, err := e.Wait(t.Context(), engine.WaitOptions{Project: "shop", Services: names, Timeout: time.Minute})
			var got []diag.Code
			if f, ok := errors.AsType[*diag.Failure](err); ok {
				for _, d := range f.List {
					got = append(got, d.Code)
				}
			}
			if !slices.Equal(got, tc.codes) || result.OK() != (tc.codes == nil) {
				t.Fatalf("error %v, want %v", err, tc.codes)
			}
			for _, text := range tc.text {
				if !strings.Contains(err.Error(), text) {
					t.Errorf("%q is not in:\n%s", text, err)
				}
			}
			for _, state := range result.Services {
				if state.Phase != tc.want[state.Service] {
					t.Errorf("%s is %s (%s), want %s", state.Service, state.Phase, state.Reason, tc.want[state.Service])
				}
				up := state.Phase == engine.Ready || state.Phase == engine.Finished
				if hasLogs := len(state.Logs) > 0; hasLogs == up && state.Container.ID != "" {
					t.Errorf("%s is %s with logs %q", state.Service, state.Phase, state.Logs)
				}
			}
			if result.Took < tc.took || result.Took > tc.took+1500*time.Millisecond {
				t.Errorf("took %s, want %s", result.Took, tc.took)
			}
			if s.notGet != 0 {
				t.Errorf("%d requests were not GET", s.notGet)
			}
		})
	}
}

func TestWaitSlowsDownWhileNothingChanges(t *testing.T) {
	s, e := newStory(t, map[string][]moment{"slow": {{from: 0, state: running(0, health("starting"))}}})
	changes := 0
	_, err := e.Wait(t.Context(), engine.WaitOptions{
		Project: "shop", Services: []string{"slow"}, Timeout: 10 * time.Second,
		Changed: func(engine.ServiceState) { changes++ },
	})
	if err == nil || changes != 1 {
		t.Errorf("%d changes, %v", changes, err)
	}
	want := []time.Duration{50, 100, 200, 400, 500, 500}
	for i := range want {
		want[i] *= time.Millisecond
	}
	if !slices.Equal(s.naps[:len(want)], want) {
		t.Errorf("naps %v", s.naps)
	}
}

func TestWaitEndsWithTheContext(t *testing.T) {
	_, e := newStory(t, map[string][]moment{"slow": {{from: 0, state: running(0, health("starting"))}}})
	ctx, cancel := context.WithCancelCause(t.Context())
	why := errors.New("Ctrl-C")
	result, err := e.Wait(ctx, engine.WaitOptions{
		Project: "shop", Services: []string{"slow"},
		Changed: func(engine.ServiceState) { cancel(why) },
	})
	if !errors.Is(err, why) || len(result.Services) != 1 {
		t.Errorf("%+v, %v", result, err)
	}
}

func TestWaitOutlivesOneRefusalAndNotThree(t *testing.T) {
	s, e := newStory(t, map[string][]moment{"web": {{from: 0, state: running(-time.Hour, nil)}}})
	good := s.answers["/containers/json"]
	broken := func(times int) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if times--; times >= 0 {
				http.Error(w, `{"message":"restarting"}`, http.StatusServiceUnavailable)
				return
			}
			good.(http.HandlerFunc)(w, r)
		}
	}
	s.set("/containers/json", broken(2))
	if _, err := e.Wait(t.Context(), engine.WaitOptions{Project: "shop", Services: []string{"web"}}); err != nil {
		t.Error(err)
	}
	s.set("/containers/json", broken(3))
	_, err := e.Wait(t.Context(), engine.WaitOptions{Project: "shop", Services: []string{"web"}})
	if p, ok := engine.ProblemOf(err); !ok || p.Code != diag.EngineRefused {
		t.Errorf("error %v", err)
	}
}
