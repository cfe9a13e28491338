// Command mailpit catches mail: it takes whatever is sent to it by SMTP and
// shows it over HTTP. It stands in for axllent/mailpit in tests, on the same
// ports and with the part of its API that lists messages. It keeps the last
// mails in memory, delivers nothing, and knows no TLS and no authentication.
package main

import (
	"context"
	"errors"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	if len(os.Args) > 1 && os.Args[1] == "readyz" {
		if err := probe("http://127.0.0.1:8025/readyz"); err != nil {
			log.Fatal(err)
		}
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, ":1025", ":8025"); err != nil {
		log.Fatal(err)
	}
}

// run serves SMTP and HTTP until ctx ends or one of the two fails.
func run(ctx context.Context, smtpAddr, httpAddr string) error {
	box := &mailbox{now: time.Now}
	ln, err := net.Listen("tcp", smtpAddr)
	if err != nil {
		return err
	}
	web := &http.Server{Addr: httpAddr, Handler: webHandler(box), ReadHeaderTimeout: 10 * time.Second}
	failed := make(chan error, 2)
	go func() { failed <- serveSMTP(ln, box) }()
	go func() { failed <- web.ListenAndServe() }()
	log.Printf("smtp on %s, http on %s", smtpAddr, httpAddr)
	select {
	case <-ctx.Done():
		err = nil
	case err = <-failed:
	}
	return errors.Join(err, ln.Close(), web.Close())
}

// probe asks a URL and is content with 200 only: the container's health check.
func probe(url string) error {
	client := http.Client{Timeout: 2 * time.Second}
	resp, err := client.Get(url)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return errors.New(resp.Status)
	}
	return nil
}
