package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

func newServer(t *testing.T, file string) *httptest.Server {
	t.Helper()
	srv := httptest.NewServer(handler("Hi", &counter{file: file}))
	t.Cleanup(srv.Close)
	return srv
}

func get(t *testing.T, url string) (int, string) {
	t.Helper()
	res, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, strings.TrimSpace(string(body))
}

func TestVisitsAreCountedAndSurviveARestart(t *testing.T) {
	file := filepath.Join(t.TempDir(), "visits")
	first := newServer(t, file)
	get(t, first.URL)
	first.Close()
	if _, got := get(t, newServer(t, file).URL); got != "Hi (visit 2)" {
		t.Errorf("after a restart: %q", got)
	}
}

func TestNoVisitIsLostWhenManyComeAtOnce(t *testing.T) {
	srv := newServer(t, filepath.Join(t.TempDir(), "visits"))
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if res, err := http.Get(srv.URL); err == nil {
				res.Body.Close()
			}
		})
	}
	wg.Wait()
	if _, got := get(t, srv.URL); got != "Hi (visit 21)" {
		t.Errorf("after twenty visits: %q", got)
	}
}

func TestTheHealthCheckFollowsTheCounterFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "visits")
	srv := newServer(t, file)
	if err := probe(t.Context(), srv.URL+"/healthz"); err != nil {
		t.Errorf("a fresh server is not well: %v", err)
	}
	if err := os.WriteFile(file, []byte("many\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := probe(t.Context(), srv.URL+"/healthz"); err == nil {
		t.Error("a server whose file holds no number passes its health check")
	}
	if code, _ := get(t, srv.URL); code != http.StatusInternalServerError {
		t.Errorf("GET / with a broken file answered %d", code)
	}
}

func TestAnUnknownPathIsNotAVisit(t *testing.T) {
	srv := newServer(t, filepath.Join(t.TempDir(), "visits"))
	if code, _ := get(t, srv.URL+"/favicon.ico"); code != http.StatusNotFound {
		t.Errorf("GET /favicon.ico answered %d", code)
	}
	if _, got := get(t, srv.URL); got != "Hi (visit 1)" {
		t.Errorf("first visit: %q", got)
	}
}
