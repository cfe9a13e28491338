package convert

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"

	"github.com/devpm/devpm/compose"
)

// Differences compares what Compose makes of the file that was imported with
// what it makes of devpm's document. Each entry is a path with both values; no
// entry means that both say the same. env is what Compose would interpolate
// the file with. The error says why one of them cannot be loaded.
func Differences(ctx context.Context, file string, src []byte, env map[string]string, document []byte, dir string) ([]string, error) {
	theirs, err := compose.LoadFile(ctx, file, src, env, dir, "devpm")
	if err != nil {
		return nil, err
	}
	ours, err := compose.LoadProject(ctx, document, dir, "devpm")
	if err != nil {
		return nil, err
	}
	a, err := comparable(theirs)
	if err != nil {
		return nil, err
	}
	b, err := comparable(ours)
	if err != nil {
		return nil, err
	}
	var out []string
	differences("", a, b, &out)
	return out, nil
}

// comparable is a project as plain values. Secrets are left out: they were made
// into mounts; so is the name.
func comparable(p *types.Project) (map[string]any, error) {
	data, err := json.Marshal(p)
	if err != nil {
		return nil, fmt.Errorf("comparing: %w", err)
	}
	var out map[string]any
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	if err := decoder.Decode(&out); err != nil {
		return nil, fmt.Errorf("comparing: %w", err)
	}
	delete(out, "name")
	delete(out, "secrets")
	services, _ := out["services"].(map[string]any)
	for _, s := range services {
		service, _ := s.(map[string]any)
		mountSecrets(service)
	}
	return out, nil
}

// mountSecrets drops from both sides what an import turned from secrets into
// volumes.
func mountSecrets(service map[string]any) {
	delete(service, "secrets")
	volumes, _ := service["volumes"].([]any)
	volumes = slices.DeleteFunc(volumes, func(v any) bool {
		mount, _ := v.(map[string]any)
		target, _ := mount["target"].(string)
		return strings.HasPrefix(target, "/run/secrets/")
	})
	if len(volumes) == 0 {
		delete(service, "volumes")
		return
	}
	service["volumes"] = volumes
}

func differences(path string, a, b any, out *[]string) {
	if x, ok := a.(map[string]any); ok {
		if y, ok := b.(map[string]any); ok {
			keys := map[string]bool{}
			for k := range x {
				keys[k] = true
			}
			for k := range y {
				keys[k] = true
			}
			sorted := make([]string, 0, len(keys))
			for k := range keys {
				sorted = append(sorted, k)
			}
			slices.Sort(sorted)
			for _, k := range sorted {
				differences(join(path, k), x[k], y[k], out)
			}
			return
		}
	}
	if left, right := brief(a), brief(b); left != right {
		*out = append(*out, fmt.Sprintf("%s: %s in the file, %s in devpm's document", path, shown(left), shown(right)))
	}
}

func brief(v any) string {
	if v == nil {
		return "nothing"
	}
	data, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(data)
}

// shown cuts a long value for a message.
func shown(text string) string {
	if runes := []rune(text); len(runes) > 80 {
		return string(runes[:79]) + "…"
	}
	return text
}
