package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"os"
	"path/filepath"
	"time"

	"github.com/devpm/devpm/extensions/sdk"
)

const (
	dir      = ".tls" // in the project
	lifetime = 365 * 24 * time.Hour
	renewal  = 30 * 24 * time.Hour // before the end
)

func configuration(service string, port int) string {
	return fmt.Sprintf("localhost:8443 {\n\ttls /tls/localhost.pem /tls/localhost.key\n\treverse_proxy %s:%d\n}\n", service, port)
}

func evaluate(_ context.Context, p sdk.Project) (sdk.Evaluation, error) {
	service, port, err := target(p)
	if err != nil {
		return sdk.Evaluation{}, err
	}
	text, err := os.ReadFile(filepath.Join(p.Dir, dir, "localhost.pem"))
	if errors.Is(err, fs.ErrNotExist) {
		return sdk.Run("there is no certificate"), nil
	}
	if err != nil {
		return sdk.Evaluation{}, err
	}
	end := expiry(text)
	if time.Until(end) < renewal {
		return sdk.Update("the certificate ends soon", sdk.Change{Key: "certificate", Old: end.Format(time.DateOnly)}), nil
	}
	if have, err := os.ReadFile(filepath.Join(p.Dir, dir, "Caddyfile")); err != nil || string(have) != configuration(service, port) {
		return sdk.Update("the proxy's configuration is not up to date"), nil
	}
	return sdk.Noop("the certificate is good until " + end.Format(time.DateOnly)), nil
}

// expiry is when a certificate ends; what is none has ended long ago.
func expiry(text []byte) time.Time {
	block, _ := pem.Decode(text)
	if block == nil {
		return time.Time{}
	}
	c, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return time.Time{}
	}
	return c.NotAfter
}

func execute(ctx context.Context, p sdk.Project) error {
	service, port, err := target(p)
	if err != nil {
		return err
	}
	certificate, key, err := issue(time.Now())
	if err != nil {
		return fmt.Errorf("making a certificate: %w", err)
	}
	if err := os.MkdirAll(filepath.Join(p.Dir, dir), 0o755); err != nil {
		return err
	}
	for _, f := range []struct {
		name    string
		content []byte
		mode    fs.FileMode
	}{
		{"Caddyfile", []byte(configuration(service, port)), 0o644},
		{"localhost.key", key, 0o600},
		{"localhost.pem", certificate, 0o644}, // last: when it is there, all is
	} {
		if err := os.WriteFile(filepath.Join(p.Dir, dir, f.name), f.content, f.mode); err != nil {
			return err
		}
	}
	sdk.Log(ctx, sdk.Info, "made a certificate; tell your browser to trust "+dir+"/localhost.pem")
	return nil
}

// issue makes a certificate for localhost that is signed by itself.
func issue(now time.Time) (certificate, key []byte, err error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 64))
	if err != nil {
		return nil, nil, err
	}
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: "localhost"}, DNSNames: []string{"localhost"},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(lifetime),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		return nil, nil, err
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return nil, nil, err
	}
	encode := func(kind string, der []byte) []byte {
		var b bytes.Buffer
		if err := pem.Encode(&b, &pem.Block{Type: kind, Bytes: der}); err != nil {
			panic(err) // a buffer takes everything
		}
		return b.Bytes()
	}
	return encode("CERTIFICATE", der), encode("PRIVATE KEY", secret), nil
}
