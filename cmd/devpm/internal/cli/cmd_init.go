package cli

import "github.com/spf13/cobra"

// initOptions are the flags and the argument of `devpm init`.
type initOptions struct {
	Link     string // of the repository to develop; "" for none
	Branch   string
	Stack    string // none, odoo; "" asks or decides by what the directory holds
	Import   string // a Compose file
	NoImport bool
	Yes      bool
	Force    bool

	OdooVersion string
	Platform    string
	Python      string
	Debian      string
	Postgres    string
}

func newInitCmd(app *App, run runner[initOptions]) *cobra.Command {
	var o initOptions
	cmd := &cobra.Command{
		Use:   "init [LINK]",
		Short: "Write a first odpm.json",
		Long: `init writes an odpm.json that works as it is, and says what to run next.

On a terminal it asks what it needs to know; Enter takes the answer in brackets.
Elsewhere, and with --yes, it takes those answers by itself.

A Compose file in the directory can be imported: its services, volumes and
networks become those of the manifest, and devpm compares what Compose makes of
both. The file itself stays as it is. Compose files that other files are merged
into have to be flattened first; init says how.

With LINK, a git link to the repository you develop, init clones it and makes
odpm.json here a link to the one in it; a repository without one gets a first
manifest. A file:// link is used in place.

An odpm.json that is there already stays, unless --force is given.`,
		Example: `  devpm init
  devpm init --stack none                # any project: only your own services
  devpm init --import compose.yaml
  devpm init --stack odoo --odoo-version 17.0
  devpm init https://github.com/acme/shop.git --branch 17.0`,
		Args: oneArgument(&o.Link),
		RunE: func(cmd *cobra.Command, _ []string) error { return run(cmd.Context(), app, o) },
	}
	f := cmd.Flags()
	f.Var(choice[string]{&o.Stack, []string{"none", "odoo"}}, "stack", "what the environment is built on")
	complete(cmd, "stack", "none", "odoo")
	f.StringVar(&o.Import, "import", "", "make the manifest from this Compose `FILE`")
	f.BoolVar(&o.NoImport, "no-import", false, "leave a Compose file that is there alone")
	f.StringVar(&o.Branch, "branch", "", "check this `BRANCH` of LINK out")
	f.StringVar(&o.OdooVersion, "odoo-version", "", "the Odoo `VERSION`, such as 18.0")
	f.StringVar(&o.Platform, "platform", "", "the git `LINK` of the platform, with its branch")
	f.StringVar(&o.Python, "python", "", "the Python `VERSION` of the image")
	f.StringVar(&o.Debian, "debian", "", "the Debian `RELEASE` of the image: 11, 12 or 13")
	f.StringVar(&o.Postgres, "postgres", "", "the PostgreSQL `VERSION`")
	f.BoolVarP(&o.Yes, "yes", "y", false, "ask nothing")
	f.BoolVar(&o.Force, "force", false, "replace an odpm.json that is there")
	exitStatus(cmd, exitOK, exitError, exitUsage, exitInterrupted)
	return cmd
}

// oneArgument takes at most one argument.
func oneArgument(into *string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) > 1 {
			return usagef("give one git link, in quotes when it has a branch: %q", args[0]+" "+args[1])
		}
		if len(args) == 1 {
			*into = args[0]
		}
		return nil
	}
}
