package engine

import "encoding/json"

// labelIdentity is the label of an image that says what it was built from. It
// goes in when the image is built and stands in no document, so that it changes
// neither the user's Dockerfile nor what containers are compared by. Containers
// inherit the labels of their image.
const labelIdentity = "dev.devpm.identity"

// identityLabels is a document that adds the label to the images of services;
// nil when no identity is known.
func identityLabels(identities map[string]string) []byte {
	type build struct {
		Labels map[string]string `json:"labels"`
	}
	type service struct {
		Build build `json:"build"`
	}
	services := map[string]service{}
	for name, identity := range identities {
		if identity != "" {
			services[name] = service{build{map[string]string{labelIdentity: identity}}}
		}
	}
	if len(services) == 0 {
		return nil
	}
	// Maps of strings always marshal.
	document, _ := json.Marshal(map[string]any{"services": services})
	return document
}
