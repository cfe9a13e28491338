// Program imports links the libraries that devpm is required to use and does
// nothing: what devpm's start-up is measured against.
package main

import (
	_ "github.com/a8m/envsubst/parse"
	_ "github.com/compose-spec/compose-go/v2/dotenv"
	_ "github.com/compose-spec/compose-go/v2/loader"
	_ "github.com/santhosh-tekuri/jsonschema/v5"
	_ "github.com/spf13/cobra"
	_ "gopkg.in/yaml.v3"
)

func main() {}
