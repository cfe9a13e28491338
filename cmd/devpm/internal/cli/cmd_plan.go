package cli

import (
	"github.com/spf13/cobra"
)

// planOptions are the flags of `devpm plan`.
type planOptions struct {
	Services         []string // before --; empty: all
	Args             []string // after --: for odoo-bin
	Out              string   // -o
	Build            bool
	ForceRecreate    bool
	Profiles         []string
	Format           string // table, json, markdown, github
	ShowDiff         bool
	Strict           bool
	DetailedExitcode bool
	NoDocker         bool
	SkipStart        bool
	NoGitUpdate      bool
	Update           bool
	Locks            lockOptions
	BuildImage       bool
	PushImage        bool
	SecretsFile      string
	SecretsProvider  string
	RefreshSecrets   bool
}

func newPlanCmd(app *App, run runner[planOptions]) *cobra.Command {
	var o planOptions
	cmd := &cobra.Command{
		Use:   "plan [SERVICE…] [-- ARGS…]",
		Short: "Show what `up` would do, and why",
		Long: `plan shows what 'devpm up' would do, step by step, each with its reason.

It changes nothing: it writes no file, starts no program and only asks the
engine what is running. With -o it also writes the plan to a file, with
what it was made from: 'devpm up --plan FILE' carries out exactly that plan,
or says what moved in between.

Services and the arguments after -- are those of 'devpm up'.

--format markdown is for the comment of a pull request and no longer than
one may be; --format github prints annotations for GitHub Actions.`,
		Example: `  devpm plan
  devpm plan --show-diff              # with the changes of every file
  devpm plan -o review.plan           # then: devpm up --plan review.plan
  devpm plan --detailed-exitcode      # 2 when there is something to do
  devpm plan --format markdown --show-diff > comment.md
  devpm plan --strict --no-docker     # in CI: 1 when a required step would change`,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Services, o.Args = splitAtDash(cmd, args)
			if err := onlyTheImage(cmd, o.BuildImage, o.PushImage, args); err != nil {
				return err
			}
			return run(cmd.Context(), app, o)
		},
	}
	f := cmd.Flags()
	formatVar(cmd, &o.Format, "table", "json", "markdown", "github")
	f.BoolVar(&o.ShowDiff, "show-diff", false, "show what differs, and the change of every file as a unified diff")
	f.BoolVar(&o.Strict, "strict", false, "exit 1 when a required step would change something")
	f.BoolVar(&o.DetailedExitcode, "detailed-exitcode", false, "exit 2 when there is something to do")
	f.BoolVar(&o.NoDocker, "no-docker", false, "do not ask the engine")
	buildDateFlag(app, cmd)
	driftFlag(app, cmd)
	portsVar(app, cmd)
	f.StringVarP(&o.Out, "out", "o", "", "save the plan to `FILE`, for up --plan")
	startFlags(cmd, &o.Build, &o.ForceRecreate, &o.Profiles)
	planFlags(cmd, &o.SkipStart, &o.NoGitUpdate, &o.Update)
	lockFlags(cmd, &o.Locks)
	ciImageFlags(app, cmd, &o.BuildImage, &o.PushImage)
	offlineFlags(app, cmd)
	secretsFlags(cmd, &o.SecretsFile, &o.SecretsProvider, &o.RefreshSecrets)
	// What is for one run, or makes a look that `up` does not, is not kept.
	for _, once := range []string{"no-docker", "update-lock", "secrets-file", "secrets-provider", "refresh-secrets"} {
		exclusive(cmd, "out", once)
	}
	lookFlag(app, cmd)
	exitStatus(cmd, exitOK, exitError, exitChanges, exitUsage, exitInterrupted)
	return cmd
}

// planFlags are the flags that shape a plan, for plan and up alike.
func planFlags(cmd *cobra.Command, skipStart, noGitUpdate, update *bool) {
	f := cmd.Flags()
	f.BoolVar(skipStart, "skip-start", false, "prepare everything, start no containers")
	f.BoolVar(noGitUpdate, "no-git-update", false, "leave the repositories as they are")
	f.BoolVar(update, "update", false, "fetch the repositories even when nothing is missing")
	exclusive(cmd, "no-git-update", "update")
}

// buildDateFlag is --odoo-build-date.
func buildDateFlag(app *App, cmd *cobra.Command) {
	cmd.Flags().StringVar(&app.BuildDate, "odoo-build-date", "", "take the platform as it was at the end of this `DAY` (YYYYMMDD, or latest)")
}

// secretsFlags say where the secrets of this run come from, for plan and up
// alike.
func secretsFlags(cmd *cobra.Command, file, provider *string, refresh *bool) {
	f := cmd.Flags()
	f.StringVar(file, "secrets-file", "", "take the secrets from this `FILE`; up copies it to .odpm/secrets.json")
	f.StringVar(provider, "secrets-provider", "", "ask this `PROVIDER` for secrets: file, exec, or that of an extension")
	f.BoolVar(refresh, "refresh-secrets", false, "ask the secrets provider again")
	exclusive(cmd, "secrets-file", "secrets-provider")
	exclusive(cmd, "secrets-file", "refresh-secrets")
	complete(cmd, "secrets-provider", "file", "exec")
}

// startFlags are the flags that shape a start, for plan and up alike.
func startFlags(cmd *cobra.Command, build, recreate *bool, profiles *[]string) {
	f := cmd.Flags()
	f.BoolVar(build, "build", false, "build the images again")
	f.BoolVar(recreate, "force-recreate", false, "recreate containers that did not change")
	f.StringArrayVar(profiles, "profile", nil, "also start the services of this `PROFILE` (repeatable)")
}
