package pack

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"

	"aead.dev/minisign"

	"github.com/devpm/devpm/diag"
)

// Signatures are minisign's: Ed25519, over the whole archive, in a file beside
// it. What is verified is the bytes that were read, never a path.

// maxSignature is how long a signature's or key's file may be, in bytes.
const maxSignature = 8 << 10

// Verified says whose signature an archive has.
type Verified struct {
	Key     string // the public key, one word of base64
	Comment string // the trusted comment, which the signature covers
}

// Verify checks a signature of content against keys: public keys as one word or
// as minisign's .pub file. The fault says what is wrong; a signature by a key
// that is not among them is one. The number of a key is only a hint, which
// anybody can give to another key.
func Verify(shown string, content []byte, signature string, keys []string) (Verified, *diag.Diagnostic) {
	at := diag.Range{File: shown}
	var sig minisign.Signature
	if len(signature) > maxSignature || sig.UnmarshalText([]byte(signature)) != nil {
		return Verified{}, &diag.Diagnostic{Code: diag.SignatureBad, Range: at, Message: "the signature is none of minisign", Fix: "sign the package again with `devpm ext sign`"}
	}
	known := false
	for _, text := range keys {
		key, err := publicKey(text)
		if err != nil || key.ID() != sig.KeyID {
			continue
		}
		if minisign.Verify(key, content, []byte(signature)) {
			return Verified{Key: key.String(), Comment: sig.TrustedComment}, nil
		}
		known = true
	}
	if known {
		return Verified{}, &diag.Diagnostic{Code: diag.SignatureBad, Range: at, Message: fmt.Sprintf("the signature by %016X is not one of these bytes", sig.KeyID),
			Fix: "the package was changed after it was signed: take it anew from its author"}
	}
	return Verified{}, &diag.Diagnostic{Code: diag.SignatureUntrusted, Range: at, Message: fmt.Sprintf("the package is signed by %016X, a key that is not trusted", sig.KeyID),
		Fix: `add the author's public key to ext.keys of devpm's settings, if it is really the author's; or name it with --key`}
}

func publicKey(text string) (minisign.PublicKey, error) {
	var key minisign.PublicKey
	if len(text) > maxSignature {
		return key, errors.New("too long for a key")
	}
	err := key.UnmarshalText([]byte(strings.TrimSpace(text)))
	return key, err
}

// PublicKey reads a public key and returns it as one word.
func PublicKey(text string) (string, error) {
	key, err := publicKey(text)
	if err != nil {
		return "", errors.New("this is no public key of minisign")
	}
	return key.String(), nil
}

// KeyPair makes a key. The private one is encrypted unless the passphrase is
// empty.
func KeyPair(passphrase string) (public, private []byte, err error) {
	pub, key, err := minisign.GenerateKey(rand.Reader)
	if err != nil {
		return nil, nil, fmt.Errorf("making a key: %w", err)
	}
	if public, err = pub.MarshalText(); err != nil {
		return nil, nil, err
	}
	if passphrase == "" {
		private, err = key.MarshalText()
	} else {
		private, err = minisign.EncryptKey(passphrase, key)
	}
	return append(public, '\n'), private, err
}

// privateKey reports whether a file is a private key of minisign.
func privateKey(content []byte) bool {
	if len(content) > maxSignature || !bytes.HasPrefix(content, []byte("untrusted comment:")) {
		return false
	}
	return minisign.IsEncrypted(content) || new(minisign.PrivateKey).UnmarshalText(content) == nil
}

// Encrypted reports whether a private key needs a passphrase.
func Encrypted(private []byte) bool { return minisign.IsEncrypted(private) }

// Sign signs content. comment is shown to whoever verifies it and is covered by
// the signature; it has one line.
func Sign(content, private []byte, passphrase, comment string) (signature, key string, err error) {
	var k minisign.PrivateKey
	switch {
	case len(private) > maxSignature:
		return "", "", errors.New("this is no private key of minisign")
	case minisign.IsEncrypted(private):
		if k, err = minisign.DecryptKey(passphrase, private); err != nil {
			return "", "", errors.New("the passphrase is not the key's")
		}
	default:
		if err := k.UnmarshalText(private); err != nil {
			return "", "", errors.New("this is no private key of minisign")
		}
	}
	pub, ok := k.Public().(minisign.PublicKey)
	if !ok {
		return "", "", errors.New("this is no private key of minisign")
	}
	comment = strings.Join(strings.Fields(comment), " ")
	out := minisign.SignWithComments(k, content, comment, "signature of devpm ext sign")
	return string(out), pub.String(), nil
}

// Verify reports whether a package is signed by one of the keys that count now,
// and by which. A signature that was found right when the package was installed
// is not computed again while its key still counts: Resolve has made sure that
// the archive is the same.
func (i *Installed) Verify(keys []string) (Verified, *diag.Diagnostic) {
	shown := i.Name + " " + i.Version
	if i.Signature == "" {
		return Verified{}, &diag.Diagnostic{Code: diag.SignatureMissing, Range: diag.Range{File: shown}, Message: "the package is not signed",
			Fix: "ask its author for a signature, and install the package again with the file NAME.zip" + SignatureSuffix + " beside it"}
	}
	for _, text := range keys {
		if key, err := PublicKey(text); err == nil && key == i.SignedBy {
			return Verified{Key: key}, nil
		}
	}
	content, err := readArchive(i.blob)
	if err != nil {
		return Verified{}, &diag.Diagnostic{Code: diag.StoreDamaged, Range: diag.Range{File: shown}, Message: "the archive cannot be read", Fix: "install the same package again"}
	}
	return Verify(shown, content, i.Signature, keys)
}
