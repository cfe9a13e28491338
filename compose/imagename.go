package compose

import imagename "github.com/distribution/reference"

// ImageName reports whether an image that is built can have this name: a
// repository, perhaps with registry and tag, and without a digest.
func ImageName(text string) bool {
	named, err := imagename.ParseNormalizedNamed(text)
	if err != nil {
		return false
	}
	_, digested := named.(imagename.Digested)
	return !digested
}
