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
	return servicesDocument(services)
}

// contextDocument is a document that has the image of a service built from a
// directory, relative to the project, and marked with an identity. Nothing of
// the service is changed but how its image is made.
func contextDocument(service, directory, identity string) []byte {
	type build struct {
		Context    string            `json:"context"`
		Dockerfile string            `json:"dockerfile"`
		Labels     map[string]string `json:"labels"`
	}
	return servicesDocument(map[string]map[string]build{service: {"build": {directory, "Dockerfile", map[string]string{labelIdentity: identity}}}})
}

func servicesDocument(services any) []byte {
	// Maps of strings always marshal.
	document, _ := json.Marshal(map[string]any{"services": services})
	return document
}
