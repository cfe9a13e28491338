package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/devpm/devpm/cmd/devpm/internal/view"
	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/extensions/pack"
	"github.com/devpm/devpm/internal/fsx"
)

// extSignOptions are the flags and arguments of `devpm ext sign`, `ext verify`
// and `ext keygen`.
type extSignOptions struct {
	File         string
	Key          string // sign: the private key's file; verify: a public key or its file
	PasswordFile string // "-" is standard input
	Comment      string
	Plain        bool // keygen: no passphrase
	Format       string
}

func newExtSignCmd(app *App, run runner[extSignOptions]) *cobra.Command {
	var o extSignOptions
	cmd := &cobra.Command{
		Use:   "sign FILE --key KEYFILE",
		Short: "Sign a package",
		Long: `sign writes FILE.minisig, a signature that minisign and 'ext verify' understand.
The passphrase of the key is asked for at the terminal, or read from the file
that --password-file names; it is never an argument. 'ext keygen' makes a key.`,
		Example: `  devpm ext keygen me
  devpm ext sign dist/tools-1.0.0.zip --key me.key
  pass show devpm | devpm ext sign tools.zip --key me.key --password-file -`,
		Args: argsBetween(1, 1, "one package"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if o.Key == "" {
				return &usageError{cmd, errors.New("--key is missing: the file of the private key")}
			}
			o.File = args[0]
			return run(cmd.Context(), app, o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.Key, "key", "", "sign with the private key in `KEYFILE`")
	f.StringVar(&o.PasswordFile, "password-file", "", "read the passphrase from the first line of `FILE`, - for standard input")
	f.StringVar(&o.Comment, "comment", "", "a `TEXT` that the signature covers (default: the package's name and version)")
	formatVar(cmd, &o.Format, "text", "json")
	exitStatus(cmd, exitOK, exitError, exitUsage, exitInterrupted)
	return cmd
}

func runExtSign(_ context.Context, app *App, o extSignOptions) error {
	a, err := openPackage(app, o.File)
	if err != nil {
		return err
	}
	private, err := readLimited(app.path(o.Key), mostSignature)
	if err != nil {
		return packageFault(o.Key, err)
	}
	passphrase := ""
	if pack.Encrypted(private) {
		if passphrase, err = app.passphrase(o.PasswordFile, "passphrase of "+o.Key+": "); err != nil {
			return err
		}
	}
	comment := o.Comment
	if comment == "" {
		comment = a.Metadata.Name + " " + a.Metadata.Version
	}
	signature, key, err := pack.Sign(a.Bytes(), private, passphrase, comment)
	if err != nil {
		return fault(diag.SignatureKey, o.Key, err.Error(), "name the private key that `devpm ext keygen` or minisign made, and its passphrase")
	}
	shown := o.File + pack.SignatureSuffix
	if err := fsx.WriteFileAtomic(app.path(shown), []byte(signature), 0o644); err != nil {
		return packageFault(shown, err)
	}
	result := view.Signature{File: filepath.ToSlash(shown), Key: key, Comment: comment}
	if o.Format == "json" {
		return app.Out().SignatureJSON(result)
	}
	app.Out().Line(result.File)
	app.Out().Line("signed by " + key)
	return nil
}

// passphrase reads a secret: from a file, or from a person at the terminal who
// does not see it.
func (a *App) passphrase(file, question string) (string, error) {
	if file != "" {
		var text []byte
		var err error
		if file == "-" {
			text, err = readFirst(a)
		} else {
			text, err = readLimited(a.path(file), mostSignature)
		}
		if err != nil {
			return "", packageFault(file, err)
		}
		line, _, _ := bytes.Cut(text, []byte("\n"))
		return strings.TrimSuffix(string(line), "\r"), nil
	}
	in, ok := a.Streams.In.(*os.File)
	if !ok || !a.canAsk() {
		return "", fault(diag.SignatureKey, "", "the key needs a passphrase, and nobody can be asked for it", "write it into a file that only you can read, and name that with --password-file")
	}
	fmt.Fprint(a.Streams.Err, question)
	text, err := term.ReadPassword(int(in.Fd()))
	fmt.Fprintln(a.Streams.Err)
	if err != nil {
		return "", fmt.Errorf("reading the passphrase: %w", err)
	}
	return string(text), nil
}

// readFirst reads what standard input begins with.
func readFirst(a *App) ([]byte, error) {
	buf := make([]byte, mostSignature)
	n := 0
	for n < len(buf) && bytes.IndexByte(buf[:n], '\n') < 0 {
		more, err := a.Streams.In.Read(buf[n:])
		n += more
		if err != nil {
			break // the end, or what there is
		}
	}
	return buf[:n], nil
}

func newExtVerifyCmd(app *App, run runner[extSignOptions]) *cobra.Command {
	var o extSignOptions
	cmd := &cobra.Command{
		Use:   "verify FILE",
		Short: "Verify the signature of a package",
		Long: `verify checks FILE with FILE.minisig against the trusted keys, which are those of
"ext": {"keys": […]} in devpm's settings, or against the one that --key names.`,
		Example: `  devpm ext verify tools-1.0.0.zip
  devpm ext verify tools-1.0.0.zip --key me.pub`,
		Args: argsBetween(1, 1, "one package"),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.File = args[0]
			return run(cmd.Context(), app, o)
		},
	}
	cmd.Flags().StringVar(&o.Key, "key", "", "use this public `KEY`, or the one in this file, and no other")
	formatVar(cmd, &o.Format, "text", "json")
	exitStatus(cmd, exitOK, exitError, exitUsage, exitInterrupted)
	return cmd
}

func runExtVerify(_ context.Context, app *App, o extSignOptions) error {
	a, err := openPackage(app, o.File)
	if err != nil {
		return err
	}
	shown := o.File + pack.SignatureSuffix
	signature, err := readLimited(app.path(shown), mostSignature)
	if err != nil {
		return fault(diag.SignatureMissing, filepath.ToSlash(o.File), "the package is not signed: "+filepath.ToSlash(shown)+" cannot be read", "ask its author for the signature, and put it beside the package")
	}
	var keys []string
	if o.Key != "" {
		key, err := givenKey(app, o.Key)
		if err != nil {
			return err
		}
		keys = []string{key}
	} else {
		settings, err := readExtensionSettings(app)
		if err != nil {
			return err
		}
		keys = settings.Keys
	}
	v, bad := pack.Verify(filepath.ToSlash(o.File), a.Bytes(), string(signature), keys)
	if bad != nil {
		return diag.List{*bad}.Err()
	}
	result := view.Signature{File: filepath.ToSlash(shown), Key: v.Key, Comment: v.Comment}
	if o.Format == "json" {
		return app.Out().SignatureJSON(result)
	}
	app.Out().Line(fmt.Sprintf("%s: good, by %s", filepath.ToSlash(o.File), v.Key))
	if v.Comment != "" {
		app.Out().Line("signed as: " + v.Comment)
	}
	return nil
}

// givenKey is a public key, as one word or in a file.
func givenKey(app *App, given string) (string, error) {
	if key, err := pack.PublicKey(given); err == nil {
		return key, nil
	}
	text, err := readLimited(app.path(given), mostSignature)
	if err != nil {
		return "", packageFault(given, err)
	}
	key, err := pack.PublicKey(string(text))
	if err != nil {
		return "", fault(diag.SignatureKey, given, err.Error(), "name the file NAME.pub that `devpm ext keygen` or minisign made, or the key itself")
	}
	return key, nil
}

func newExtKeygenCmd(app *App, run runner[extSignOptions]) *cobra.Command {
	var o extSignOptions
	cmd := &cobra.Command{
		Use:   "keygen NAME",
		Short: "Make a key to sign packages with",
		Long: `keygen writes NAME.key, the private key, and NAME.pub, the public key that users
put into "ext": {"keys": […]} of devpm's settings. Both are minisign's. Files that
are there already are not replaced.

The passphrase is asked for at the terminal, or read from --password-file. With
--no-passphrase whoever can read NAME.key can sign.`,
		Example: `  devpm ext keygen ~/keys/me
  devpm ext keygen ci --no-passphrase`,
		Args: argsBetween(1, 1, "one name"),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.File = args[0]
			return run(cmd.Context(), app, o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.PasswordFile, "password-file", "", "read the passphrase from the first line of `FILE`, - for standard input")
	f.BoolVar(&o.Plain, "no-passphrase", false, "leave the private key unencrypted")
	formatVar(cmd, &o.Format, "text", "json")
	exitStatus(cmd, exitOK, exitError, exitUsage, exitInterrupted)
	exclusive(cmd, "password-file", "no-passphrase")
	return cmd
}

func runExtKeygen(_ context.Context, app *App, o extSignOptions) error {
	passphrase := ""
	if !o.Plain {
		var err error
		if passphrase, err = app.passphrase(o.PasswordFile, "passphrase for the new key: "); err != nil {
			return err
		}
		if passphrase == "" {
			return fault(diag.SignatureKey, "", "the passphrase is empty", "choose one, or say --no-passphrase")
		}
	}
	public, private, err := pack.KeyPair(passphrase)
	if err != nil {
		return err
	}
	if err := app.writeNew(newFile{o.File + ".key", private, 0o600}, newFile{o.File + ".pub", public, 0o644}); err != nil {
		return err
	}
	key, err := pack.PublicKey(string(public))
	if err != nil {
		return err
	}
	result := view.Signature{File: filepath.ToSlash(o.File) + ".pub", Key: key}
	if o.Format == "json" {
		return app.Out().SignatureJSON(result)
	}
	app.Out().Line(fmt.Sprintf("%s.key is private: keep it; %s.pub is for everybody", o.File, o.File))
	app.Out().Line("public key " + key)
	return nil
}
