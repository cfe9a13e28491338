package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/devpm/devpm/cmd/devpm/internal/view"
	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/extensions/sandbox"
	"github.com/devpm/devpm/extensions/settings"
)

// settingsPath is the file of devpm's settings; "" when no home is known.
func settingsPath(app *App) string {
	root := configRoot(app, homeDir(app))
	if root == "" {
		return ""
	}
	return filepath.Join(root, settingsName)
}

// readExtensionSettings reads what the user settled for extensions. Settings
// that cannot be used are an error, so that nothing runs without them.
func readExtensionSettings(app *App) (*settings.Settings, error) {
	path := settingsPath(app)
	if path == "" {
		return &settings.Settings{}, nil
	}
	src, err := readConfig(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return &settings.Settings{}, nil
	case err != nil:
		return nil, fault(diag.ExtensionSettings, path, "devpm's settings cannot be read: "+cause(err),
			"make the file readable, or remove it; until then no extension runs")
	}
	app.Sources.Add(path, src)
	var c diag.Collector
	s := settings.Read(path, src, &c)
	return s, c.Err()
}

// sandboxProbe says how far extensions can be held in on this machine.
func sandboxProbe(app *App) probe {
	return func(context.Context) []view.Check {
		s, err := readExtensionSettings(app)
		if err != nil {
			return []view.Check{problem("sandbox", err)}
		}
		return []view.Check{checkSandbox(runtime.GOOS, sandbox.Probe(), s.SandboxRequired)}
	}
}

// checkSandbox judges the level that a machine offers.
func checkSandbox(system string, l sandbox.Level, required bool) view.Check {
	c := view.Check{Name: "sandbox", Status: view.CheckOK, Detail: l.String()}
	if required {
		c.Detail += ", and the settings require that it is full"
	}
	if l.Full() {
		return c
	}
	c.Status = view.CheckWarn
	if required {
		c.Status = view.CheckFail
	}
	c.Detail += ": " + strings.Join(l.Missing, "; ")
	c.Fix = "trust only extensions that you would also run by hand"
	if system == "linux" {
		c.Fix = "use Linux 6.12 or later with Landlock switched on; in a container, allow the calls seccomp and landlock_* in its seccomp profile"
	}
	if required {
		c.Fix += fmt.Sprintf(`; or settle for "%s": {"sandbox": "preferred"}`, settings.Key)
	}
	return c
}
