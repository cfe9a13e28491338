package pack_test

import (
	"bytes"
	"encoding/base64"
	"strings"
	"testing"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/extensions/pack"
)

// keyPair is a key without a passphrase; the public one is one word.
func keyPair(t testing.TB) (public string, private []byte) {
	t.Helper()
	text, private, err := pack.KeyPair("")
	if err != nil {
		t.Fatal(err)
	}
	if public, err = pack.PublicKey(string(text)); err != nil {
		t.Fatal(err)
	}
	return public, private
}

func TestSignaturesCountForTheirBytesAndKeysAlone(t *testing.T) {
	content := []byte("the bytes of a package")
	public, private := keyPair(t)
	other, otherPrivate := keyPair(t)
	sign := func(private []byte) string {
		signature, _, err := pack.Sign(content, private, "", "tools\n1.0.0")
		if err != nil {
			t.Fatal(err)
		}
		return signature
	}
	signature := sign(private)
	// Another key under the same number: numbers are chosen, not computed.
	raw, err := base64.StdEncoding.DecodeString(other)
	if err != nil {
		t.Fatal(err)
	}
	own, err := base64.StdEncoding.DecodeString(public)
	if err != nil {
		t.Fatal(err)
	}
	copy(raw[2:10], own[2:10])
	impostor := base64.StdEncoding.EncodeToString(raw)
	for _, tt := range []struct {
		name, signature string
		content         []byte
		keys            []string
		want            diag.Code // "" when it counts
	}{
		{"its own", signature, content, []string{public}, ""},
		{"one of several", signature, content, []string{other, "nonsense", public}, ""},
		{"behind a key with the same number", signature, content, []string{impostor, public}, ""},
		{"before a key with the same number", signature, content, []string{public, impostor}, ""},
		{"by a key with the same number alone", signature, content, []string{impostor}, diag.SignatureBad},
		{"other bytes", signature, append(bytes.Clone(content), 'x'), []string{public}, diag.SignatureBad},
		{"no bytes", signature, nil, []string{public}, diag.SignatureBad},
		{"another key", sign(otherPrivate), content, []string{public}, diag.SignatureUntrusted},
		{"no keys", signature, content, nil, diag.SignatureUntrusted},
		{"another comment", strings.Replace(signature, "tools 1.0.0", "tools 9.0.0", 1), content, []string{public}, diag.SignatureBad},
		{"nothing", "", content, []string{public}, diag.SignatureBad},
		{"too long", signature + strings.Repeat("\n", 9<<10), content, []string{public}, diag.SignatureBad},
	} {
		v, bad := pack.Verify("a.zip", tt.content, tt.signature, tt.keys)
		switch {
		case tt.want == "" && (bad != nil || v.Key != public || v.Comment != "tools 1.0.0"):
			t.Errorf("%s: got %+v %v", tt.name, v, bad)
		case tt.want != "" && (bad == nil || bad.Code != tt.want || v != pack.Verified{}):
			t.Errorf("%s: got %+v %v, want %s", tt.name, v, bad, tt.want)
		}
	}
}

// The same bytes without their signature, or with one that nobody trusts, take
// nothing from what was found right before.
func TestASignatureIsNotLostByInstallingAgain(t *testing.T) {
	s := &pack.Store{Dir: t.TempDir()}
	a := parse(t, pair...)
	public, private := keyPair(t)
	_, stranger := keyPair(t)
	good, _, err := pack.Sign(a.Bytes(), private, "", "")
	if err != nil {
		t.Fatal(err)
	}
	unknown, _, err := pack.Sign(a.Bytes(), stranger, "", "")
	if err != nil {
		t.Fatal(err)
	}
	for _, note := range []pack.Note{{}, {Signature: unknown}, {Signature: good, SignedBy: public}, {}, {Signature: unknown}} {
		i, _, err := s.Install(t.Context(), a, note)
		if err != nil {
			t.Fatal(err)
		}
		_, bad := i.Verify([]string{public})
		if signed := i.SignedBy == public; signed != (bad == nil) || note.SignedBy != "" && !signed {
			t.Errorf("after %+v: %+v, %v", note, i.SignedBy, bad)
		}
	}
	i, err := s.Resolve("tools", constraint(t, ""), "")
	if err != nil {
		t.Fatal(err)
	}
	if v, bad := i.Verify([]string{public}); bad != nil || v.Key != public {
		t.Errorf("got %+v %v", v, bad)
	}
	if _, bad := i.Verify(nil); bad == nil || bad.Code != diag.SignatureUntrusted {
		t.Errorf("a key that is trusted no more still counts: %v", bad)
	}
}
