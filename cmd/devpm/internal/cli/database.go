package cli

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/devpm/devpm/cmd/devpm/internal/view"
	"github.com/devpm/devpm/compose"
	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/internal/fsx"
	"github.com/devpm/devpm/prepare"
	"github.com/devpm/devpm/prepare/observe"
)

// database is the database that the stack brings; nil without one. One whose
// volume a patch has put elsewhere is not devpm's to compare.
func (p *project) database(services []compose.Service) *prepare.Database {
	if p.layout == nil {
		return nil
	}
	name := p.names.Service(compose.OdooDatabase)
	i := slices.IndexFunc(services, func(s compose.Service) bool { return s.Name == name })
	if i < 0 || !slices.ContainsFunc(services[i].NamedVolumes, func(volume string) bool { return strings.HasSuffix(volume, compose.PostgresVolume) }) {
		return nil
	}
	dir, err := filepath.Rel(p.dir, p.layout.DatabaseDir)
	if err != nil || !filepath.IsLocal(dir) {
		return nil
	}
	return &prepare.Database{
		Services: []string{name, p.layout.service}, Major: prepare.PostgresMajor(services[i].Image), Dir: filepath.ToSlash(dir),
		Range: diag.Range{File: p.first.name},
	}
}

// runDatabaseStatus prints the comparison that database.drift makes.
func runDatabaseStatus(ctx context.Context, app *App, o databaseOptions) error {
	p, err := app.open(ctx, nil, nil)
	if err != nil {
		return err
	}
	want := p.database(p.services())
	if want == nil {
		return fault(diag.DatabaseNone, manifestName, "the project has no database that devpm keeps", "only `\"stack\": \"odoo\"` brings one; look at others with `devpm exec`")
	}
	files, err := fsx.OpenView(p.dir)
	if err != nil {
		return fmt.Errorf("opening the project: %w", err)
	}
	defer files.Close()
	have, warnings := observe.Database(want, files)
	app.warn(append(p.findings.List(), warnings...).Sorted())
	status := view.DatabaseStatus{
		Wanted: prepare.LastRun{Version: prepare.LastRunVersion, Scenario: p.manifest.Scenario, Major: want.Major, Dir: want.Dir},
		Noted:  have.LastRun, FilesMajor: have.Major, Empty: have.Empty, Drift: prepare.Drift(want, p.manifest.Scenario, have),
	}
	if o.Format == "json" {
		return app.Out().DatabaseJSON(status)
	}
	app.Out().Database(status)
	return nil
}
