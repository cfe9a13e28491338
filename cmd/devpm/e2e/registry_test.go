//go:build engine

package e2e

import (
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// registry takes what docker pushes, as the distribution specification says, and
// keeps it. Engines speak plain HTTP with 127.0.0.1.
type registry struct {
	host string

	mu        sync.Mutex
	blobs     map[string][]byte // digest → content
	manifests map[string][]byte // "team/shop:42" → content
	uploads   map[string][]byte
	refuse    bool // as one that does not know who is asking
}

func newRegistry(t *testing.T) *registry {
	t.Helper()
	r := &registry{blobs: map[string][]byte{}, manifests: map[string][]byte{}, uploads: map[string][]byte{}}
	server := httptest.NewServer(r)
	t.Cleanup(server.Close)
	r.host = strings.TrimPrefix(server.URL, "http://")
	return r
}

func (r *registry) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	body, err := io.ReadAll(q.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	path := strings.TrimPrefix(q.URL.Path, "/v2/")
	digest := func(content []byte) string { return fmt.Sprintf("sha256:%x", sha256.Sum256(content)) }
	switch name, rest, _ := strings.Cut(path, "/blobs/"); {
	case path == "":
		w.WriteHeader(http.StatusOK)
	case r.refuse:
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusForbidden)
		io.WriteString(w, `{"errors": [{"code": "DENIED", "message": "requested access to the resource is denied"}]}`)
	case strings.Contains(path, "/manifests/"):
		name := strings.Replace(path, "/manifests/", ":", 1)
		if q.Method == http.MethodPut {
			r.manifests[name] = body
		}
		content, known := r.manifests[name]
		if !known {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		w.Header().Set("Docker-Content-Digest", digest(content))
		w.WriteHeader(map[bool]int{true: http.StatusCreated, false: http.StatusOK}[q.Method == http.MethodPut])
	case rest == "uploads/" && q.Method == http.MethodPost:
		id := fmt.Sprint(len(r.uploads))
		r.uploads[id] = nil
		w.Header().Set("Location", "/v2/"+name+"/blobs/uploads/"+id)
		w.WriteHeader(http.StatusAccepted)
	case strings.HasPrefix(rest, "uploads/"):
		id := strings.TrimPrefix(rest, "uploads/")
		r.uploads[id] = append(r.uploads[id], body...)
		w.Header().Set("Location", q.URL.Path)
		w.Header().Set("Range", fmt.Sprintf("0-%d", max(0, len(r.uploads[id])-1)))
		if q.Method != http.MethodPut {
			w.WriteHeader(http.StatusAccepted)
			return
		}
		r.blobs[q.URL.Query().Get("digest")] = r.uploads[id]
		w.WriteHeader(http.StatusCreated)
	default:
		content, known := r.blobs[rest]
		if !known {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		w.Header().Set("Content-Length", fmt.Sprint(len(content)))
		w.Header().Set("Docker-Content-Digest", rest)
		w.WriteHeader(http.StatusOK)
	}
}

// pushed reports whether an image has arrived with every part that its manifest
// names.
func (r *registry) pushed(name string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	manifest, known := r.manifests[name]
	if !known {
		return fmt.Errorf("the registry has no %s", name)
	}
	for digest, content := range r.blobs {
		if got := fmt.Sprintf("sha256:%x", sha256.Sum256(content)); got != digest {
			return fmt.Errorf("a blob of %s is called %s", got, digest)
		}
	}
	if !strings.Contains(string(manifest), "sha256:") || len(r.blobs) < 2 {
		return fmt.Errorf("the manifest names no content: %s", manifest)
	}
	return nil
}
