package odoo

import (
	"crypto/sha256"
	"encoding/hex"
	"path"
)

// Where the entrypoint looks for vendored Python packages: a folder of the
// home directory's .cache, which is kept in the project, and the file in it that
// says which requirements they satisfy. entrypoint.sh has the same names.
const (
	wheelsFolder = "devpm-wheels"
	// WheelsFor holds the key of the requirements, as RequirementsKey makes it.
	WheelsFor = "requirements.sha256"
)

// WheelsDir is where the container of the stack finds vendored wheels, relative
// to the project; "" in ci, where the packages are in the image.
func (l *Layout) WheelsDir() string {
	if l.CIImage != nil {
		return ""
	}
	return path.Join("data/odoo/home", path.Base(l.Home), ".cache", wheelsFolder)
}

// RequirementsKey names what the container installs: the platform's
// requirements.txt and the one that devpm generates from the manifest. The
// entrypoint makes the same of the same files.
func RequirementsKey(platform, manifest []byte) string {
	sum := sha256.New()
	sum.Write(platform)
	sum.Write(manifest)
	return hex.EncodeToString(sum.Sum(nil))
}
