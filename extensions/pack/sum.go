package pack

import (
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"io"
	"runtime"
)

// modeless systems have no executable bit to compare.
const modeless = runtime.GOOS == "windows"

// summing is a checksum of what is written elsewhere.
type summing struct{ hash.Hash }

func newSum() summing { return summing{sha256.New()} }

func (s summing) tee(w io.Writer) io.Writer { return io.MultiWriter(w, s) }

func (s summing) hex() string { return hex.EncodeToString(s.Sum(nil)) }
