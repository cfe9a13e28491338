package cli

import "github.com/spf13/cobra"

// newExtCmd is the parent of every command about extensions; each stands in a
// file of its own, cmd_ext_<name>.go.
func newExtCmd(commands ...*cobra.Command) *cobra.Command {
	cmd := group(&cobra.Command{
		Use:   "ext COMMAND",
		Short: "Write, package and install extensions",
		Long: `ext holds the commands for extensions: programs and data that add services,
steps, hooks, commands and more to a project.

A project names the extensions that it uses in odpm.json:

  "extensions": {"require": {"mailpit-tools": "^0.3"}}

'ext install' puts a package into the store of this user, which all projects
share, and writes that entry. Which bytes a project uses is in .odpm/lock.json.
Authors write extension.yml and a program in any language, or no program at all,
and make a package of them with 'ext build'.`,
		DisableFlagsInUseLine: true,
	})
	exitStatus(cmd, exitOK, exitUsage)
	cmd.AddCommand(commands...)
	return cmd
}
