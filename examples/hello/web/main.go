// Command hello greets whoever asks and counts the visits in a file, so that
// the example shows a port, a variable, a volume and a health check at work.
//
//	hello              serve on :8080
//	hello healthcheck  ask the server in this container; exit 0 when it is well
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"
)

const (
	listen   = ":8080"
	health   = "http://127.0.0.1:8080/healthz"
	visits   = "/data/visits" // /data is the volume of odpm.json
	fallback = "Hello"
)

func main() {
	log.SetFlags(0)
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()

	var err error
	switch {
	case len(os.Args) == 1:
		err = serve(ctx, greeting())
	case len(os.Args) == 2 && os.Args[1] == "healthcheck":
		err = probe(ctx, health)
	default:
		err = errors.New("usage: hello [healthcheck]")
	}
	if err != nil {
		log.Fatal("hello: ", err)
	}
}

func greeting() string {
	if g := os.Getenv("GREETING"); g != "" {
		return g
	}
	return fallback
}

// serve answers until ctx ends, then lets open requests finish for a moment.
func serve(ctx context.Context, greeting string) error {
	if err := os.MkdirAll(filepath.Dir(visits), 0o755); err != nil {
		return err
	}
	srv := &http.Server{
		Addr:              listen,
		Handler:           handler(greeting, &counter{file: visits}),
		ReadHeaderTimeout: 5 * time.Second,
	}
	stopped := make(chan error, 1)
	go func() {
		<-ctx.Done()
		grace, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		defer cancel()
		stopped <- srv.Shutdown(grace)
	}()
	log.Printf("listening on %s", listen)
	if err := srv.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return <-stopped
}

func handler(greeting string, c *counter) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		n, err := c.next()
		if err != nil {
			http.Error(w, "cannot count visits: "+err.Error(), http.StatusInternalServerError)
			return
		}
		fmt.Fprintf(w, "%s (visit %d)\n", greeting, n)
	})
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		if _, err := c.read(); err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "ok")
	})
	return mux
}

// probe is the health check: the image has no shell and no curl.
func probe(ctx context.Context, url string) error {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answered %s", url, res.Status)
	}
	return nil
}
