package prepare

import "maps"

// Record is what the last successful `up` left in `.odpm/state.json`.
type Record struct {
	DocumentHash string                   `json:"document"`
	Services     map[string]ServiceRecord `json:"services,omitempty"`
	Images       map[string]string        `json:"images,omitempty"` // service → identity of the last build
}

// ServiceRecord is one service as `up` left it.
type ServiceRecord struct {
	Document   string `json:"document"` // hash of the document that the service was started from
	ConfigHash string `json:"config_hash"`
	ImageID    string `json:"image_id"`           // what the image's name meant then
	Files      string `json:"files,omitempty"`    // identity of the generated files it mounts
	Settings   string `json:"settings,omitempty"` // keyed identity of what its containers were made with
	Job        bool   `json:"job,omitempty"`      // ended with 0
}

// The files that hold what devpm remembers of a project, beside what it
// generates. All of them may be deleted at any time: then more is done than
// needed, never less.
const (
	StateDir    = ".odpm"
	RecordPath  = ".odpm/state.json"
	VerdictPath = ".odpm/compose/verdict.json"
	LockPath    = ".odpm/run.lock"
	SecretsPath = ".odpm/secrets.json"
)

// Verdict is the content of VerdictPath: the document that Compose's loader
// accepted last.
type Verdict struct {
	DocumentHash string `json:"document"`
}

// Differs reports whether a document or a container is not the recorded one.
func (r Record) Differs(desired *Desired, engine EngineState) bool {
	hash := ""
	for i := range desired.Files {
		if desired.Files[i].Step == "compose.generate" {
			hash = Hash(desired.Files[i].Content)
			break
		}
	}
	if hash != r.DocumentHash {
		return true
	}
	for _, s := range r.Services {
		if s.Document != hash {
			return true
		}
	}
	for _, c := range engine.Containers {
		s, known := r.Services[c.Service]
		if known && !c.OneOff && (c.ConfigHash != s.ConfigHash || !sameSettings(desired.HashKey, c.Settings, s.Settings)) {
			return true
		}
	}
	return false
}

// AfterStart is the record after a successful start: what the engine shows for
// each service that the start was for. A start of some services keeps what is
// known of the others.
func (r Record) AfterStart(start StartServices, engine EngineState) Record {
	out := Record{DocumentHash: start.DocumentHash, Images: maps.Clone(r.Images), Services: map[string]ServiceRecord{}}
	if len(start.Services) > 0 {
		maps.Copy(out.Services, r.Services)
	}
	containers := map[string][]Container{}
	for _, c := range engine.Containers {
		if !c.OneOff {
			containers[c.Service] = append(containers[c.Service], c)
		}
	}
	for _, service := range start.Wanted {
		delete(out.Services, service.Name)
		have := containers[service.Name]
		if len(have) == 0 {
			continue
		}
		image := engine.Images[service.Image]
		if image == "" {
			image = have[0].ImageID
		}
		out.Services[service.Name] = ServiceRecord{
			Document:   start.DocumentHash,
			ConfigHash: have[0].ConfigHash,
			ImageID:    image,
			Files:      start.Mounted[service.Name],
			Settings:   SettingsIdentity(start.HashKey, have[0].Settings),
			Job:        have[0].State == "exited" && have[0].ExitCode == 0,
		}
	}
	return out
}

// AfterBuild is the record after images were built.
func (r Record) AfterBuild(build BuildImages) Record {
	out := r
	out.Images = maps.Clone(r.Images)
	if out.Images == nil {
		out.Images = map[string]string{}
	}
	maps.Copy(out.Images, build.Identities)
	return out
}
