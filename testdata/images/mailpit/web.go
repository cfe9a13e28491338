package main

import (
	"encoding/json"
	"html/template"
	"log"
	"net/http"
)

// page is the list that a person sees.
var page = template.Must(template.New("page").Parse(`<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Caught mail</title>
<style>body{font:16px/1.5 sans-serif;margin:2rem}td,th{padding:.25rem 1rem .25rem 0;text-align:left;vertical-align:top}</style>
<h1>Caught mail ({{len .}})</h1>
<table><tr><th>Received<th>From<th>To<th>Subject<th>Text</tr>
{{range .}}<tr><td>{{.Created.Format "2006-01-02 15:04:05"}}<td>{{.From.Address}}<td>{{range .To}}{{.Address}} {{end}}<td>{{.Subject}}<td>{{.Snippet}}</tr>
{{end}}</table></html>
`))

// webHandler serves the list of mails to people and, in mailpit's shape, to programs.
func webHandler(box *mailbox) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		if err := page.Execute(w, box.list()); err != nil {
			log.Printf("http: %v", err)
		}
	})
	mux.HandleFunc("GET /api/v1/messages", func(w http.ResponseWriter, _ *http.Request) {
		list := box.list()
		if list == nil {
			list = []message{}
		}
		w.Header().Set("Content-Type", "application/json")
		err := json.NewEncoder(w).Encode(map[string]any{
			"total": len(list), "unread": len(list), "count": len(list), "messages_count": len(list),
			"start": 0, "tags": []string{}, "messages": list,
		})
		if err != nil {
			log.Printf("http: %v", err)
		}
	})
	mux.HandleFunc("DELETE /api/v1/messages", func(w http.ResponseWriter, _ *http.Request) {
		box.clear()
		w.Write([]byte("ok"))
	})
	for _, path := range []string{"GET /livez", "GET /readyz"} {
		mux.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("ok")) })
	}
	return mux
}
