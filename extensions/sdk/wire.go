package sdk

import "encoding/json"

// message is one line.
type message struct {
	JSONRPC string          `json:"jsonrpc"`
	ID      json.RawMessage `json:"id,omitempty"`
	Method  string          `json:"method,omitempty"`
	Params  json.RawMessage `json:"params,omitempty"`
	Result  json.RawMessage `json:"result,omitempty"`
	Error   *wireError      `json:"error,omitempty"`
}

// maxMessage is how many bytes a line may have, its ending included.
const maxMessage = 8 << 20

const protocolVersion = 1

type party struct {
	Name    string `json:"name"`
	Version string `json:"version,omitempty"`
}

type initializeParams struct {
	ProtocolVersion int         `json:"protocol_version"`
	Mode            string      `json:"mode"`
	CacheDir        string      `json:"cache_dir"`
	Context         wireContext `json:"context"`
}

type wireContext struct {
	ProjectDir     string            `json:"project_dir"`
	ProjectName    string            `json:"project_name"`
	Scenario       string            `json:"scenario"`
	Stack          string            `json:"stack"`
	ManifestSchema int               `json:"manifest_schema"`
	RequiresOdpm   string            `json:"requires_odpm"`
	Manifest       json.RawMessage   `json:"manifest"`
	Services       json.RawMessage   `json:"services"`
	ServicePatches json.RawMessage   `json:"service_patches"`
	Hooks          json.RawMessage   `json:"hooks"`
	Locks          json.RawMessage   `json:"locks"`
	Environment    map[string]string `json:"environment"`
}

type initialized struct {
	ProtocolVersion int      `json:"protocol_version"`
	Extension       party    `json:"extension"`
	Capabilities    []string `json:"capabilities"`
}

type registration struct {
	Kind        string   `json:"kind"`
	Name        string   `json:"name"`
	Description string   `json:"description,omitempty"`
	Order       int      `json:"order,omitempty"`
	Phases      []string `json:"phases,omitempty"`
}

type description struct {
	Registrations []registration `json:"registrations"`
}

type stepParams struct {
	ID string `json:"id"`
}

type nameParams struct {
	Name string `json:"name"`
}

type hookParams struct {
	ID    string `json:"id"`
	Phase string `json:"phase"`
}

type secretsParams struct {
	Name string   `json:"name"`
	Keys []string `json:"keys"`
}

type policyParams struct {
	Name     string         `json:"name"`
	Document map[string]any `json:"document"`
}

type commandParams struct {
	Name   string         `json:"name"`
	Args   []string       `json:"args"`
	Fields map[string]any `json:"fields"`
}

type cancelParams struct {
	ID json.RawMessage `json:"id"`
}

type servicesResult struct {
	Services map[string]Service `json:"services"`
}

type patchesResult struct {
	ServicePatches map[string]Service `json:"service_patches"`
}

type secretsResult struct {
	Secrets map[string]string `json:"secrets"`
}

type policyResult struct {
	Findings []Finding `json:"findings"`
}

type nothing struct{}
