package prepare

import (
	"maps"
	"slices"
	"strings"
)

// AppliedPath is where the values stand that the running services were started
// from, and what the engine showed of their containers then. It is 0600: an
// environment may hold passwords.
const AppliedPath = ".odpm/compose/applied.json"

// Applied is the content of AppliedPath. Without it a plan still knows that
// something differs, and says that what differs is unknown.
type Applied struct {
	Services map[string]AppliedService `json:"services"`
	Shared   map[string]string         `json:"shared"` // by path, as in AppliedService.Config
}

// AppliedService is one service as the last start left it.
type AppliedService struct {
	// Config has the value of each leaf, and a keyed hash in place of a secret one.
	Config map[string]string `json:"config"`
	// Container is Container.Settings of the first container.
	Container map[string]string `json:"container,omitempty"`
	// Secret names the leaves whose values are not to be shown.
	Secret []string `json:"secret,omitempty"`
}

// hashed marks the value of a secret leaf.
const hashed = "hash "

// hideValue is a value of which only that it is the same may be known.
func hideValue(key []byte, value string) string { return hashed + KeyedHash(key, []byte(value)) }

// kept is a leaf's value as Applied keeps it.
func (l Leaf) kept(key []byte) string {
	if l.Secret {
		return hideValue(key, l.Value)
	}
	return l.Value
}

// hiddenValue stands for a value that holds a secret.
const hiddenValue = "<secret>"

func (l Leaf) shown() string {
	if l.Secret {
		return hiddenValue
	}
	return l.Value
}

func keptLeaves(key []byte, leaves []Leaf) map[string]string {
	out := make(map[string]string, len(leaves))
	for _, l := range leaves {
		out[l.Path] = l.kept(key)
	}
	return out
}

// AfterStart is what stands after a successful start; a start of some services
// keeps what is known of the others.
func (a Applied) AfterStart(start StartServices, engine EngineState) Applied {
	out := Applied{Services: map[string]AppliedService{}, Shared: keptLeaves(start.HashKey, start.Shared)}
	if len(start.Services) > 0 {
		maps.Copy(out.Services, a.Services)
		if a.Shared != nil {
			out.Shared = a.Shared
		}
	}
	for _, service := range start.Wanted {
		delete(out.Services, service.Name)
		first := slices.IndexFunc(engine.Containers, func(c Container) bool { return !c.OneOff && c.Service == service.Name })
		if first < 0 {
			continue
		}
		applied := AppliedService{Config: keptLeaves(start.HashKey, service.Leaves), Container: maps.Clone(engine.Containers[first].Settings)}
		for _, l := range service.Leaves {
			if !l.Secret {
				continue
			}
			applied.Secret = append(applied.Secret, l.Path)
			for key, value := range applied.Container {
				if sameSetting(key, settingKey(service.Name, l.Path)) && !strings.HasPrefix(value, hashed) {
					applied.Container[key] = hideValue(start.HashKey, value)
				}
			}
		}
		out.Services[service.Name] = applied
	}
	return out
}

// settingKey is the key that a leaf of the document has below its service,
// without list indices: "services.web.command[2]" is "command".
func settingKey(service, path string) string {
	key, found := strings.CutPrefix(path, "services."+service+".")
	if !found {
		key = strings.TrimPrefix(path, `services["`+service+`"].`)
	}
	if i := strings.IndexByte(key, '['); i > 0 {
		key = key[:i]
	}
	return key
}

// sameSetting reports whether a container's setting may hold what a leaf says:
// one of them is the other, or a part of it.
func sameSetting(setting, leaf string) bool {
	return setting == leaf || strings.HasPrefix(leaf, setting+".") || strings.HasPrefix(setting, leaf+".")
}

// SettingsIdentity is the identity of what a container was made with; "" when
// that is not known. An environment may hold passwords, so the hash is keyed.
func SettingsIdentity(key []byte, settings map[string]string) string {
	if len(settings) == 0 {
		return ""
	}
	return KeyedHash(key, settingsText(settings))
}

// sameSettings reports whether settings have the recorded identity. Records were
// once made without a key; to such a one nothing has changed by that alone.
func sameSettings(key []byte, settings map[string]string, recorded string) bool {
	return SettingsIdentity(key, settings) == recorded || len(settings) > 0 && Hash(settingsText(settings)) == recorded
}

func settingsText(settings map[string]string) []byte {
	var b []byte
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		b = append(b, name+"\x00"+settings[name]+"\x00"...)
	}
	return b
}
