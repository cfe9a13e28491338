// Command static-site is an extension of devpm with a stack, a web server for
// the project's directory "site", and with a provider that reads secrets from
// files of the same directory layout that containers have in /run/secrets.
package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/devpm/devpm/extensions/sdk"
)

func main() {
	sdk.Main(sdk.Extension{
		Name: "static-site", Version: "0.1.0",
		Stacks:  []sdk.Stack{{Name: "static-site", Description: "A web server for files", Get: stack}},
		Secrets: []sdk.Provider{{Name: "secret-files", Description: "Files in .secrets", Fetch: fetch}},
	})
}

func stack(context.Context, sdk.Project) (sdk.Document, error) {
	return sdk.Document{Services: map[string]sdk.Service{"site": {
		"image":   "nginx:1.27",
		"ports":   []string{"8080:80"},
		"volumes": []string{"./site:/usr/share/nginx/html:ro"},
		"restart": "unless-stopped",
	}}}, nil
}

// fetch reads each key from a file of its name. A key is a name, not a path.
func fetch(_ context.Context, p sdk.Project, keys []string) (map[string]string, error) {
	root, err := os.OpenRoot(filepath.Join(p.Dir, ".secrets"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer root.Close()
	out := map[string]string{}
	for _, key := range keys {
		text, err := root.ReadFile(key)
		switch {
		case err == nil:
			out[key] = strings.TrimRight(string(text), "\r\n")
		case !errors.Is(err, fs.ErrNotExist):
			return nil, fmt.Errorf("reading the secret %s: %w", key, err)
		}
	}
	return out, nil
}
