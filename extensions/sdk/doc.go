// Package sdk is for authors of devpm extensions in Go: describe what the
// extension adds in an Extension and hand it to Main.
//
//	func main() {
//		sdk.Main(sdk.Extension{
//			Name: "greeting", Version: "1.0.0",
//			Steps: []sdk.Step{{
//				ID:          "greeting.file",
//				Description: "Write GREETING",
//				Evaluate: func(_ context.Context, p sdk.Project) (sdk.Evaluation, error) {
//					if _, err := os.Stat(filepath.Join(p.Dir, "GREETING")); err == nil {
//						return sdk.Noop("GREETING is there"), nil
//					}
//					return sdk.Run("GREETING is missing"), nil
//				},
//				Execute: func(_ context.Context, p sdk.Project) error {
//					return os.WriteFile(filepath.Join(p.Dir, "GREETING"), []byte("hello\n"), 0o644)
//				},
//			}},
//		})
//	}
//
// The package speaks devpm's protocol (docs/protocol/) on standard input and
// output; capabilities follow from what the Extension has. What the extension
// prints to os.Stdout becomes a line of log. A panic in a function is an error
// of that one request.
//
// While devpm plans, an extension may read only: Evaluate, Services, Patches,
// Stack and Policy must have no side effects, and devpm enforces it where the
// system lets it. Execute, hooks and commands may write inside the project and
// Project.CacheDir.
//
// The package needs the standard library alone and imports nothing of devpm, so
// that its files can be copied into a module that is built without a network.
// It starts no process, opens no file and does not check what it is given
// beyond what would break the conversation: devpm does.
package sdk
