package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/extensions/pack"
)

// Limits of a download.
const (
	fetchTimeout   = 5 * time.Minute
	fetchRedirects = 5
	mostSignature  = 8 << 10 // bytes
)

// fetched is a package before it is checked, with the signature that stood
// beside it.
type fetched struct {
	content   []byte
	signature string // "" for none
}

// isURL reports whether a source is an address rather than a path.
func isURL(source string) bool { return strings.Contains(source, "://") }

// checkURL refuses every address but plain https ones: what comes over http can
// be exchanged on the way, and what has a password in it would be written down.
func checkURL(source string) error {
	u, err := url.Parse(source)
	switch {
	case err != nil || u.Host == "":
		return fault(diag.InstallSource, source, "this is no address", "write https://HOST/PATH.zip, or the path of a file")
	case u.Scheme != "https":
		return fault(diag.InstallSource, source, fmt.Sprintf("packages are not taken by %s: others could exchange them on the way", u.Scheme), "use an https address, or download the file yourself and install that")
	case u.User != nil:
		return fault(diag.InstallSource, u.Redacted(), "an address with a password in it would be written into the project", "download the file yourself, and install that")
	}
	return nil
}

// fetch downloads a package and the signature beside it. Every redirect has to
// lead to an address that would be taken itself.
func fetch(ctx context.Context, client *http.Client, source string) (fetched, error) {
	var out fetched
	if err := checkURL(source); err != nil {
		return out, err
	}
	c := *client
	c.CheckRedirect = func(req *http.Request, via []*http.Request) error {
		if len(via) > fetchRedirects {
			return errors.New("too many redirects")
		}
		if req.URL.Scheme != "https" {
			return fmt.Errorf("it leads on to %s", req.URL.Redacted())
		}
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	content, status, err := get(ctx, &c, source, pack.MaxArchive)
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("the server answers %d %s", status, http.StatusText(status))
	}
	if err != nil {
		if ctxErr := context.Cause(ctx); errors.Is(ctxErr, context.Canceled) {
			return out, ctxErr
		}
		return out, fault(diag.InstallFetch, source, "the package cannot be downloaded: "+fetchCause(err), "try the address in a browser; behind a proxy set HTTPS_PROXY; or download the file and install that")
	}
	out.content = content
	u, err := url.Parse(source)
	if err != nil {
		return out, err
	}
	u.Path += pack.SignatureSuffix
	u.RawPath = ""
	signature, status, err := get(ctx, &c, u.String(), mostSignature)
	if err == nil && status == http.StatusOK {
		out.signature = string(signature)
	}
	return out, nil
}

func get(ctx context.Context, client *http.Client, address string, most int64) ([]byte, int, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, 0, err
	}
	res, err := client.Do(req)
	if err != nil {
		return nil, 0, err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return nil, res.StatusCode, nil
	}
	if res.ContentLength > most {
		return nil, res.StatusCode, fmt.Errorf("it has more than %d MiB", most>>20)
	}
	content, err := io.ReadAll(io.LimitReader(res.Body, most+1))
	if err == nil && int64(len(content)) > most {
		err = fmt.Errorf("it has more than %d MiB", most>>20)
	}
	return content, res.StatusCode, err
}

// fetchCause is what the network said, without the address in front.
func fetchCause(err error) string {
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err
	}
	return oneLine(err)
}

// readPackageFile reads a package and the signature beside it from the disk.
func readPackageFile(path string) (fetched, error) {
	info, err := os.Stat(path)
	if err == nil && info.Size() > pack.MaxArchive {
		return fetched{content: make([]byte, pack.MaxArchive+1)}, nil // refused by its size, unread
	}
	content, err := readLimited(path, pack.MaxArchive)
	if err != nil {
		return fetched{}, err
	}
	out := fetched{content: content}
	if signature, err := readLimited(path+pack.SignatureSuffix, mostSignature); err == nil {
		out.signature = string(signature)
	}
	return out, nil
}

// readLimited reads a plain file of at most some bytes, and one more to tell.
func readLimited(path string, most int64) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, asPathError(path, errNotRegular)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, most+1))
}
