package cli

import (
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/extensions/pack"
)

func TestAPackageIsDownloaded(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("/signed.zip", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("bytes")) })
	mux.HandleFunc("/signed.zip.minisig", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("signature")) })
	mux.HandleFunc("/plain.zip", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("bytes")) })
	mux.HandleFunc("/moved.zip", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/plain.zip", http.StatusFound) })
	mux.HandleFunc("/down.zip", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://"+r.Host+"/plain.zip", http.StatusFound)
	})
	mux.HandleFunc("/round.zip", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/round.zip", http.StatusFound) })
	mux.HandleFunc("/large.zip", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "99999999999")
		_, _ = w.Write([]byte("x"))
	})
	mux.HandleFunc("/endless.zip", func(w http.ResponseWriter, _ *http.Request) {
		chunk := make([]byte, 1<<20)
		for range pack.MaxArchive>>20 + 1 {
			if _, err := w.Write(chunk); err != nil {
				return
			}
		}
	})
	mux.HandleFunc("/user.zip", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "https://u:pa55@"+r.Host+"/plain.zip", http.StatusFound)
	})
	// A signature that is there and does not arrive: the package is not unsigned.
	for _, name := range []string{"busy", "longwinded", "elsewhere", "hidden"} {
		mux.HandleFunc("/"+name+".zip", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("bytes")) })
	}
	mux.HandleFunc("/busy.zip.minisig", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) })
	mux.HandleFunc("/longwinded.zip.minisig", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, mostSignature+1)) })
	mux.HandleFunc("/elsewhere.zip.minisig", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://"+r.Host+"/signed.zip.minisig", http.StatusFound)
	})
	mux.HandleFunc("/hidden.zip.minisig", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) })
	server := httptest.NewUnstartedServer(mux)
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // one client refuses the certificate
	server.StartTLS()
	defer server.Close()

	for path, want := range map[string]fetched{
		"/signed.zip": {[]byte("bytes"), "signature"},
		"/plain.zip":  {[]byte("bytes"), ""},
		"/moved.zip":  {[]byte("bytes"), ""},
		"/hidden.zip": {[]byte("bytes"), ""},
	} {
		got, err := fetch(t.Context(), server.Client(), server.URL+path)
		if err != nil || string(got.content) != string(want.content) || got.signature != want.signature {
			t.Errorf("%s: got %q %q %v", path, got.content, got.signature, err)
		}
	}
	for path, want := range map[string]string{
		"/absent.zip":     "the package cannot be downloaded: the server answers 404 Not Found",
		"/down.zip":       "it leads on to http://",
		"/user.zip":       "it leads on to https://u:xxxxx@",
		"/round.zip":      "too many redirects",
		"/large.zip":      "it has more than 64.0 MiB",
		"/endless.zip":    "it has more than 64.0 MiB",
		"/busy.zip":       "the signature busy.zip.minisig cannot be downloaded: the server answers 503 Service Unavailable",
		"/longwinded.zip": "the signature longwinded.zip.minisig cannot be downloaded: it has more than 8.0 KiB",
		"/elsewhere.zip":  "the signature elsewhere.zip.minisig cannot be downloaded: it leads on to http://",
	} {
		_, err := fetch(t.Context(), server.Client(), server.URL+path)
		f, ok := errors.AsType[*diag.Failure](err)
		if !ok || f.List[0].Code != diag.InstallFetch || !strings.Contains(f.List[0].Message, want) {
			t.Errorf("%s: got %v", path, err)
		}
	}
	// A server whose certificate is not known is refused like any other failure.
	if _, err := fetch(t.Context(), &http.Client{}, server.URL+"/plain.zip"); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("got %v", err)
	}
	for _, source := range []string{"http://example.com/a.zip", "ftp://example.com/a.zip", "file:///etc/passwd", "https://u:p@example.com/a.zip", "https://", "https:///a.zip"} {
		_, err := fetch(t.Context(), server.Client(), source)
		if f, ok := errors.AsType[*diag.Failure](err); !ok || f.List[0].Code != diag.InstallSource {
			t.Errorf("%s: got %v", source, err)
		}
	}
}
