package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path"
	"slices"
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
		if checkURL(req.URL.String()) != nil {
			return fmt.Errorf("it leads on to %s", req.URL.Redacted())
		}
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	failed := func(what string, err error) error {
		if ctxErr := context.Cause(ctx); errors.Is(ctxErr, context.Canceled) {
			return ctxErr
		}
		return fault(diag.InstallFetch, source, what+" cannot be downloaded: "+fetchCause(err), "try the address in a browser; behind a proxy set HTTPS_PROXY; or download the file and install that")
	}
	content, status, err := get(ctx, &c, source, pack.MaxArchive)
	if err == nil && status != http.StatusOK {
		err = unexpected(status)
	}
	if err != nil {
		return out, failed("the package", err)
	}
	out.content = content
	u, err := url.Parse(source)
	if err != nil {
		return out, err
	}
	u.Path += pack.SignatureSuffix
	u.RawPath = ""
	signature, status, err := get(ctx, &c, u.String(), mostSignature)
	switch {
	case err == nil && status == http.StatusOK:
		out.signature = string(signature)
	case err == nil && slices.Contains(absent, status):
	case err == nil:
		err = unexpected(status)
	}
	if err != nil { // a signature that did not arrive is not one that is not there
		return out, failed("the signature "+path.Base(u.Path), err)
	}
	return out, nil
}

// absent are the answers of servers that have no such file; stores of objects
// answer 403 to those who must not see what there is.
var absent = []int{http.StatusNotFound, http.StatusGone, http.StatusForbidden}

func unexpected(status int) error {
	return fmt.Errorf("the server answers %d %s", status, http.StatusText(status))
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
	tooLong := errors.New("it has more than " + countBytes(most))
	if res.ContentLength > most {
		return nil, res.StatusCode, tooLong
	}
	content, err := io.ReadAll(io.LimitReader(res.Body, most+1))
	if err == nil && int64(len(content)) > most {
		err = tooLong
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
func readPackageFile(file string) (fetched, error) {
	info, err := os.Stat(file)
	if err == nil && info.Size() > pack.MaxArchive {
		return fetched{content: make([]byte, pack.MaxArchive+1)}, nil // refused by its size, unread
	}
	content, err := readLimited(file, pack.MaxArchive)
	if err != nil {
		return fetched{}, err
	}
	signature, err := readLimited(file+pack.SignatureSuffix, mostSignature)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fetched{}, err
	}
	return fetched{content: content, signature: string(signature)}, nil
}

// readLimited reads a plain file of at most some bytes, and one more to tell.
func readLimited(file string, most int64) ([]byte, error) {
	info, err := os.Stat(file)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, asPathError(file, errNotRegular)
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, most+1))
}
