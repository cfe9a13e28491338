package engine_test

import (
	"bytes"
	"encoding/binary"
	"maps"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/devpm/devpm/compose/engine"
	"github.com/devpm/devpm/diag"
)

type object = map[string]any

// listed is one entry of the container list.
func listed(id, project, service, state, status string, more object) object {
	o := object{
		"Id": id, "Names": []string{"/" + project + "-" + service + "-1"}, "State": state, "Status": status, "ImageID": "sha256:" + id,
		"Labels": object{
			"com.docker.compose.project": project, "com.docker.compose.service": service,
			"com.docker.compose.config-hash": "hash-" + id, "com.docker.compose.container-number": "1",
			"com.docker.compose.oneoff": "False", "com.docker.compose.project.working_dir": "/srv/" + project,
		},
	}
	maps.Copy(o, more)
	return o
}

func TestObserve(t *testing.T) {
	f := newFakeEngine(t)
	port := func(ip string, public int) object {
		return object{"IP": ip, "PrivatePort": 80, "PublicPort": public, "Type": "tcp"}
	}
	f.set("/containers/json", []object{
		listed("1", "shop", "web", "running", "Up 2 minutes (healthy)", object{"Ports": []object{port("0.0.0.0", 8080), port("::", 8080), {"PrivatePort": 9, "Type": "udp"}}}),
		listed("2", "shop", "job", "exited", "Exited (3) 2 minutes ago", nil),
		listed("3", "other", "web", "running", "Up 1 second (health: starting)", object{
			"Ports":           []object{port("127.0.0.1", 9090)},
			"Mounts":          []object{{"Type": "volume", "Name": "data"}, {"Type": "bind", "Source": "/net"}},
			"NetworkSettings": object{"Networks": object{"net": object{}}},
		}),
		{"Id": "4", "Names": []string{"/lonely"}, "State": "running", "Status": "Up 3 days", "Ports": []object{port("0.0.0.0", 7000)}},
		listed("5", "shop", "db", "running", "Up", object{"Health": object{"Status": "unhealthy", "FailingStreak": 3}}),
	})
	f.set("/images/postgres:15/json", object{"Id": "sha256:pg", "Config": object{"Labels": object{"dev.devpm.identity": "0a1b"}}})
	f.set("/networks", []object{{"Name": "shop_b"}, {"Name": "shop_a"}})
	f.set("/volumes", object{"Volumes": []object{{"Name": "shop_data"}}})
	f.set("/containers/1/json", object{
		"Id": "1", "RestartCount": 2, "HostConfig": object{"RestartPolicy": object{"Name": "always"}}, "Config": object{"Tty": true},
		"State": object{
			"Status": "running", "StartedAt": "2026-01-01T10:00:00Z", "FinishedAt": "0001-01-01T00:00:00Z",
			"Health": object{"Status": "unhealthy", "Log": []object{{"Start": "2026-01-01T09:00:00Z", "End": "2026-01-01T09:00:01Z", "ExitCode": 1, "Output": "old"}}},
		},
	})
	e := f.connect(t, engine.Clock{})

	s, err := e.Observe(t.Context(), engine.ObserveOptions{Project: "shop", Images: []string{"postgres:15", "absent", "postgres:15", ""}, Names: []engine.NameWish{
		{"container", "shop-web-1"}, {"container", "other-web-1"}, {"container", "lonely"}, {"container", "free"},
		{"volume", "data"}, {"volume", "net"}, {"network", "net"}, {"network", "data"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	if len(f.asked) != 4 { // ping, containers, two images
		t.Errorf("asked %q", f.asked)
	}
	var got []string
	for _, c := range s.Containers {
		got = append(got, c.Service+" "+c.Name+" "+c.State+" "+c.Health+" "+strings.Repeat("!", c.ExitCode)+c.ConfigHash+c.WorkingDir)
	}
	if d := cmp.Diff([]string{
		"db shop-db-1 running unhealthy hash-5/srv/shop",
		"job shop-job-1 exited  !!!hash-2/srv/shop",
		"web shop-web-1 running healthy hash-1/srv/shop",
	}, got); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(map[string]string{"postgres:15": "sha256:pg"}, s.Images); d != "" {
		t.Error(d)
	}
	other := []engine.Holder{{Container: "other-web-1", Project: "other", Service: "web", Dir: "/srv/other"}}
	if d := cmp.Diff(map[engine.NameWish][]engine.Holder{
		{"container", "other-web-1"}: other, {"container", "lonely"}: {{Container: "lonely"}}, {"volume", "data"}: other, {"network", "net"}: other,
	}, s.Holders); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(map[string]string{"postgres:15": "0a1b"}, s.Identities); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]engine.Published{
		{HostIP: "0.0.0.0", Port: 7000, Protocol: "tcp", Container: "lonely"},
		{HostIP: "0.0.0.0", Port: 8080, Protocol: "tcp", Container: "shop-web-1", Project: "shop", Service: "web", Dir: "/srv/shop"},
		{HostIP: "::", Port: 8080, Protocol: "tcp", Container: "shop-web-1", Project: "shop", Service: "web", Dir: "/srv/shop"},
		{HostIP: "127.0.0.1", Port: 9090, Protocol: "tcp", Container: "other-web-1", Project: "other", Service: "web", Dir: "/srv/other"},
	}, s.Published); d != "" {
		t.Error(d)
	}

	s, err = e.Observe(t.Context(), engine.ObserveOptions{Project: "shop", Details: true, Resources: true})
	if err != nil {
		t.Fatal(err)
	}
	web := s.Containers[2]
	if web.RestartCount != 2 || web.RestartPolicy != "always" || !web.TTY || web.StartedAt.IsZero() || !web.FinishedAt.IsZero() {
		t.Errorf("details %+v", web)
	}
	if web.Health != "starting" || web.Probe != nil {
		t.Errorf("a verdict from before the start counts: %q %+v", web.Health, web.Probe)
	}
	if job := s.Containers[1]; job.ExitCode != 3 { // gone meanwhile: as listed
		t.Errorf("job %+v", job)
	}
	if d := cmp.Diff([][]string{{"shop_a", "shop_b"}, {"shop_data"}}, [][]string{s.Networks, s.Volumes}); d != "" {
		t.Error(d)
	}
	if f.notGet != 0 {
		t.Errorf("%d requests were not GET", f.notGet)
	}
}

func TestObserveReportsARefusal(t *testing.T) {
	f := newFakeEngine(t)
	f.set("/containers/json", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, `{"message":"the store is broken"}`, http.StatusInternalServerError)
	}))
	_, err := f.connect(t, engine.Clock{}).Observe(t.Context(), engine.ObserveOptions{Project: "shop"})
	if p, ok := engine.ProblemOf(err); !ok || p.Code != diag.EngineRefused || !strings.Contains(p.Message, "the store is broken") {
		t.Errorf("error %v", err)
	}
}

func TestProjectDirsAndNames(t *testing.T) {
	f := newFakeEngine(t)
	f.set("/containers/json", []object{
		listed("1", "shop", "web", "running", "Up", nil), listed("2", "shop", "db", "running", "Up", nil),
	})
	dirs, err := f.connect(t, engine.Clock{}).ProjectDirs(t.Context(), "shop")
	if err != nil || !cmp.Equal(dirs, []string{"/srv/shop"}) {
		t.Errorf("%q, %v", dirs, err)
	}
}

func TestProjectsOf(t *testing.T) {
	f := newFakeEngine(t)
	from := func(id, project, file, state string) object {
		return listed(id, project, "web", state, "", object{"Labels": object{
			"com.docker.compose.project": project, "com.docker.compose.service": "web",
			"com.docker.compose.project.working_dir": "/srv/shop", "com.docker.compose.project.config_files": file,
		}})
	}
	f.set("/containers/json", []object{
		from("1", "old", "/srv/shop/docker-compose.yml", "running"), from("2", "old", "/srv/shop/docker-compose.yml", "exited"),
		from("3", "former", "/srv/shop/docker-compose.yml", "exited"), from("4", "tools", "/srv/shop/tools.yml", "running"),
	})
	got, err := f.connect(t, engine.Clock{}).ProjectsOf(t.Context(), "/srv/shop", "docker-compose.yml")
	if d := cmp.Diff([]engine.ProjectOf{{Name: "former"}, {Name: "old", Running: true}}, got); d != "" || err != nil {
		t.Error(d, err)
	}
}

// multiplexed is a log as the engine sends it for a container without a
// terminal.
func multiplexed(stream byte, text string) []byte {
	head := make([]byte, 8)
	head[0] = stream
	binary.BigEndian.PutUint32(head[4:], uint32(len(text)))
	return append(head, text...)
}

func TestLastLogsReadsBothForms(t *testing.T) {
	f := newFakeEngine(t)
	both := bytes.Join([][]byte{multiplexed(1, "one\ntw"), multiplexed(2, "o\nthree\n")}, nil)
	f.set("/containers/plain/logs", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("tail") != "3" {
			t.Errorf("query %s", r.URL.RawQuery)
		}
		_, _ = w.Write(both)
	}))
	f.set("/containers/tty/logs", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("one\r\ntwo\r\nthree")) }))
	e := f.connect(t, engine.Clock{})
	for _, c := range []engine.Container{{ID: "plain"}, {ID: "tty", TTY: true}} {
		got, err := e.LastLogs(t.Context(), c, 3)
		if d := cmp.Diff([]string{"one", "two", "three"}, got); d != "" || err != nil {
			t.Error(c.ID, d, err)
		}
	}
}
