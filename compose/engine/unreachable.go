package engine

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"strings"
	"syscall"
	"time"

	"github.com/moby/moby/client"

	"github.com/devpm/devpm/diag"
)

// unreachable says why an engine did not answer and what to do about it.
func unreachable(ep Endpoint, ping client.PingResult, err, dialErr error, patience time.Duration) error {
	where := ep.Host
	if ep.Source != "the default" {
		where += " (" + ep.Source + ")"
	}
	path, isSocket := strings.CutPrefix(ep.Host, "unix://")
	var dns *net.DNSError
	var unknown x509.UnknownAuthorityError
	switch {
	case isSocket && errors.Is(dialErr, fs.ErrNotExist):
		return fault(diag.EngineNotRunning, "no engine is running: the socket "+path+" does not exist", notRunningFix(ep))
	case isSocket && errors.Is(dialErr, syscall.ECONNREFUSED):
		return fault(diag.EngineNotRunning, "no engine is running: nothing listens on the socket "+path, notRunningFix(ep))
	case errors.Is(dialErr, fs.ErrPermission):
		return fault(diag.EngineDenied, "the engine may not be used: permission denied on "+path, permissionFix(path))
	case errors.As(dialErr, &dns):
		return fault(diag.EngineUnreachable, fmt.Sprintf("the engine at %s cannot be reached: the name %s is not known", where, dns.Name),
			"check the address, or unset DOCKER_HOST to use the current docker context")
	case isTimeout(dialErr):
		return fault(diag.EngineUnreachable, fmt.Sprintf("the engine at %s cannot be reached: no connection within %s", where, patience),
			"check that the machine is up and that the address and network are right")
	case dialErr != nil:
		return fault(diag.EngineUnreachable, fmt.Sprintf("the engine at %s cannot be reached: %s", where, rootCause(dialErr)),
			"check that the engine runs there, or unset DOCKER_HOST to use the current docker context")
	case errors.As(err, &unknown), strings.Contains(err.Error(), "tls:"), strings.Contains(err.Error(), "x509:"),
		strings.Contains(err.Error(), "TLS"), strings.Contains(err.Error(), "to HTTPS client"):
		return fault(diag.EngineTLS, fmt.Sprintf("the engine at %s: %s", where, tlsCause(err)),
			"check DOCKER_TLS_VERIFY and the files in DOCKER_CERT_PATH or the docker context")
	case apiBefore(ping.APIVersion, client.MinAPIVersion):
		return fault(diag.EngineTooOld,
			fmt.Sprintf("the engine at %s speaks API %s, devpm needs %s or later", where, ping.APIVersion, client.MinAPIVersion),
			"update Docker to 19.03 or later")
	case isTimeout(err):
		return fault(diag.EngineSilent, fmt.Sprintf("the engine at %s took the connection and did not answer within %s", where, patience),
			silentFix(ep))
	default:
		return fault(diag.EngineRefused, fmt.Sprintf("the engine at %s refused: %s", where, rootCause(err)),
			"see whether `docker version` works; if not, restart the engine")
	}
}

// refused is an API call that failed on a connection that worked.
func (e *Engine) refused(ctx context.Context, doing string, err error) error {
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("%s: %w", doing, context.Cause(ctx))
	case isTimeout(err):
		return fault(diag.EngineSilent, fmt.Sprintf("%s: the engine did not answer within %s", doing, answerTimeout), silentFix(e.Endpoint))
	default:
		return fault(diag.EngineRefused, fmt.Sprintf("%s: the engine says: %s", doing, rootCause(err)),
			"see whether `docker ps` works; if not, restart the engine")
	}
}

// apiBefore compares API versions such as "1.41"; an unknown one is not before.
func apiBefore(a, b string) bool {
	va, vb := ParseVersion(a), ParseVersion(b)
	return va.Known() && !va.AtLeast(vb)
}

func isTimeout(err error) bool {
	var timeout interface{ Timeout() bool }
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &timeout) && timeout.Timeout()
}

// rootCause is the last part of an error chain, in one line.
func rootCause(err error) string {
	var request *url.Error
	if errors.As(err, &request) && request.Err != nil {
		err = request.Err
	}
	var op *net.OpError
	if errors.As(err, &op) && op.Err != nil {
		err = op.Err
	}
	if sys, ok := errors.AsType[syscall.Errno](err); ok {
		return sys.Error()
	}
	return firstLine(err.Error())
}

func tlsCause(err error) string {
	text := err.Error()
	if i := strings.LastIndex(text, "tls: "); i >= 0 {
		return firstLine(text[i:])
	}
	if strings.Contains(text, "without TLS") {
		return "it expects TLS"
	}
	if strings.Contains(text, "HTTP response to HTTPS client") {
		return "it does not speak TLS"
	}
	return firstLine(text)
}

func notRunningFix(ep Endpoint) string {
	if ep.Source == "DOCKER_HOST" {
		return "start the engine behind this socket, or unset DOCKER_HOST to use the current docker context"
	}
	if ep.Context != "" {
		return fmt.Sprintf("start the engine of the docker context %q, or choose another one with `docker context use NAME`", ep.Context)
	}
	return startHint()
}

func silentFix(ep Endpoint) string {
	if ep.Local() {
		return "it may be starting or stuck: try again, then restart it (Linux: `sudo systemctl restart docker`)"
	}
	return "check the network to the engine, and try again"
}
