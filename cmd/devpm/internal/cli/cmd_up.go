package cli

import (
	"errors"
	"time"

	"github.com/spf13/cobra"
)

// defaultWait is how long `up` waits for services to be ready (design §7, Engine).
const defaultWait = 5 * time.Minute

// upOptions are the flags and arguments of `devpm up`.
type upOptions struct {
	Services      []string // before --; empty: all
	Args          []string // after --: for odoo-bin
	Build         bool
	ForceRecreate bool
	Profiles      []string
	Update        bool
	NoGitUpdate   bool
	Attach        bool
	NoWait        bool
	WaitTimeout   time.Duration
	SkipStart     bool
	Locks         lockOptions
	BuildImage    bool // --build-image
	PushImage     bool // --image-push

	SecretsFile     string
	SecretsProvider string
	RefreshSecrets  bool
	Trust           bool
	Plan            string // --plan: a saved plan
}

func newUpCmd(app *App, run runner[upOptions]) *cobra.Command {
	var o upOptions
	cmd := &cobra.Command{
		Use:   "up [SERVICE…] [-- ARGS…]",
		Short: "Bring the environment up",
		Long: `up carries the plan out: repositories, files, docker-compose.yml, hooks,
containers. It ends when every service is ready. Running it again continues
where it stopped, and does nothing when there is nothing to do.

The first time, and when one of those things changed, it shows what the project
would run or expose on this machine and asks; see 'devpm trust'.

Arguments after -- are passed to odoo-bin.`,
		Example: `  devpm up
  devpm up web worker            # only these services and what they depend on
  devpm up --attach              # stay, and show the logs
  devpm up --ports auto          # beside another work tree
  devpm up --plan review.plan    # exactly the plan that was saved
  devpm up --scenario ci --build-image --image-tag shop:42
  devpm up -- -d shop -u sale    # odoo-bin's own arguments`,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Services, o.Args = splitAtDash(cmd, args)
			if o.Plan != "" && len(args) > 0 {
				return &usageError{cmd, errors.New("services and arguments are those of the saved plan; leave them out")}
			}
			if err := onlyTheImage(cmd, o.BuildImage, o.PushImage, args); err != nil {
				return err
			}
			return run(cmd.Context(), app, o)
		},
	}
	f := cmd.Flags()
	startFlags(cmd, &o.Build, &o.ForceRecreate, &o.Profiles)
	f.StringVar(&o.Plan, "plan", "", "carry out the plan that was saved in `FILE`, or say what moved since")
	f.BoolVar(&o.Attach, "attach", false, "stay, and show the logs of the services")
	f.BoolVar(&o.NoWait, "no-wait", false, "do not wait until the services are ready")
	f.DurationVar(&o.WaitTimeout, "wait-timeout", defaultWait, "wait at most this `DURATION` until the services are ready")
	buildDateFlag(app, cmd)
	driftFlag(app, cmd)
	portsVar(app, cmd)
	planFlags(cmd, &o.SkipStart, &o.NoGitUpdate, &o.Update)
	lockFlags(cmd, &o.Locks)
	ciImageFlags(app, cmd, &o.BuildImage, &o.PushImage)
	offlineFlags(app, cmd)
	exclusive(cmd, "attach", "update-lock")
	exclusive(cmd, "attach", "build-image")
	secretsFlags(cmd, &o.SecretsFile, &o.SecretsProvider, &o.RefreshSecrets)
	trustFlag(cmd, &o.Trust)
	exclusive(cmd, "attach", "skip-start")
	exclusive(cmd, "attach", "no-wait")
	for _, shaping := range []string{"build", "force-recreate", "profile", "skip-start", "no-git-update", "update", "ports", "odoo-build-date", "accept-database-drift", "update-lock", "locked", "build-image", "image-push", "image-tag", "secrets-file", "secrets-provider", "refresh-secrets"} {
		exclusive(cmd, "plan", shaping)
	}
	exitStatus(cmd, exitOK, exitError, exitUsage, exitLocked, exitUntrusted, exitTimeout, exitUnstartable, exitNotFound, exitInterrupted, exitChild)
	return cmd
}

// splitAtDash separates the arguments before and after --.
func splitAtDash(cmd *cobra.Command, args []string) (before, after []string) {
	if n := cmd.ArgsLenAtDash(); n >= 0 {
		return args[:n], args[n:]
	}
	return args, nil
}
