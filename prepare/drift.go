package prepare

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// verdict is why a service needs a start; why is empty when it does not.
type verdict struct {
	why     string
	effect  Effect
	replace bool     // Compose would not replace the containers by itself
	cause   []Change // without a cause: was and wants
	was     string
	wants   string
}

// causes are the verdict's causes as a step has them.
func (v verdict) causes(service string) []Change {
	if len(v.cause) == 0 {
		return []Change{{Key: "services." + service, Old: v.was, New: v.wants, Effect: v.effect}}
	}
	return v.cause
}

// judge compares a service with its containers, the strongest reason first: what
// is not there, what is made differently, what does not run.
func (b *builder) judge(service Service, have []Container) verdict {
	record, known := b.have.Record.Services[service.Name]
	if len(have) == 0 {
		return verdict{why: "is not created", wants: "running", effect: Create}
	}
	if b.placed["image.build."+service.Name] == Update {
		return verdict{why: "gets a new image", was: short(b.have.Engine.Images[service.Image]), wants: "a new build", effect: NewImage}
	}
	if v := b.judgeConfig(service, record, known); v.why != "" {
		return v
	}
	for _, c := range have {
		if v := b.judgeContainer(service, c, record); v.why != "" {
			return v
		}
	}
	image := b.have.Engine.Images[service.Image]
	switch {
	case len(have) != service.Replicas:
		return verdict{why: fmt.Sprintf("has %d of %d containers", len(have), service.Replicas), was: fmt.Sprint(len(have)), wants: fmt.Sprint(service.Replicas), effect: Create}
	case !known:
		return verdict{why: "was not started by devpm, or its record is gone", was: "running", wants: "running", effect: Recreate}
	case record.Files != b.mounted[service.Name]:
		// A container keeps the old file when a mounted one is replaced.
		return verdict{why: "mounts generated files that changed", was: short(record.Files), wants: short(b.mounted[service.Name]), replace: true, effect: Recreate}
	case image != "" && record.ImageID != image && !b.sameImage(service.Name, have[0]):
		return verdict{why: "runs an older image", was: short(digest(record.ImageID)), wants: short(digest(image)), effect: NewImage}
	}
	return verdict{}
}

// judgeConfig compares the document's values of a service with those that its
// containers were started from. A document that differs elsewhere, or in the
// order of its keys, is no reason for this service.
func (b *builder) judgeConfig(service Service, record ServiceRecord, known bool) verdict {
	if !known || record.Document == b.docHash {
		return verdict{} // without a record judge says so; an equal document needs no look
	}
	applied, found := b.have.Applied.Services[service.Name]
	if !found {
		return verdict{why: "was started from another document; what differs is unknown", was: short(record.Document), wants: short(b.docHash), effect: Recreate}
	}
	changes := b.leafChanges(applied.Config, service.Leaves, Recreate)
	if len(changes) == 0 {
		return verdict{}
	}
	return verdict{why: "is recreated for " + keysOf(service.Name, changes), cause: changes, effect: Recreate}
}

// leafChanges are the leaves that differ from what was applied, in the order of
// the document; what is gone comes last, by path.
func (b *builder) leafChanges(applied map[string]string, wanted []Leaf, effect Effect) []Change {
	var out []Change
	left := maps.Clone(applied)
	for _, l := range wanted {
		old, had := applied[l.Path]
		delete(left, l.Path)
		if had && old == l.kept(b.want.HashKey) {
			continue
		}
		c := Change{Key: l.Path, New: l.shown(), Range: l.Range, Effect: effect}
		if had {
			c.Old = shownValue(old)
		}
		out = append(out, c)
	}
	for _, path := range slices.Sorted(maps.Keys(left)) {
		out = append(out, Change{Key: path, Old: shownValue(left[path]), Effect: effect})
	}
	return out
}

func shownValue(kept string) string {
	if strings.HasPrefix(kept, hashed) {
		return hiddenValue
	}
	return kept
}

// keysOf names the changed keys of a service shortly: "environment.GREETING and
// 2 more".
func keysOf(service string, changes []Change) string {
	var keys []string
	for _, c := range changes {
		key := strings.TrimPrefix(strings.TrimPrefix(c.Key, "services."+service+"."), `services["`+service+`"].`)
		keys = append(keys, key)
	}
	if len(keys) > 2 {
		return fmt.Sprintf("%s and %d more", keys[0], len(keys)-1)
	}
	return strings.Join(keys, " and ")
}

// judgeContainer judges one container by its state and by what was done to it
// behind devpm's back.
func (b *builder) judgeContainer(service Service, c Container, record ServiceRecord) verdict {
	ran := record.ConfigHash != ""
	switch {
	case c.State == "exited" && c.ExitCode == 0 && record.Job && c.ConfigHash == record.ConfigHash:
		return verdict{} // a job that has done its work
	case ran && c.ConfigHash != record.ConfigHash:
		v := verdict{why: "was changed outside devpm", was: short(c.ConfigHash), wants: short(record.ConfigHash), effect: Recreate}
		changes := b.outside(service, c)
		if len(changes) == 0 {
			return v
		}
		v.why, v.cause = v.why+": "+keysOf(service.Name, changes), changes
		return v
	case c.State == "exited" && c.ExitCode == 0:
		return verdict{why: "is stopped", was: "stopped", wants: "running", effect: Start}
	case c.State == "exited" || c.State == "dead":
		return verdict{why: fmt.Sprintf("has exited with %d", c.ExitCode), was: fmt.Sprintf("exited with %d", c.ExitCode), wants: "running", effect: Start}
	case c.State == "restarting":
		return verdict{why: "keeps restarting", was: "restarting", wants: "running", replace: true, effect: Recreate}
	case c.State != "running":
		return verdict{why: "is " + c.State, was: c.State, wants: "running", effect: Start}
	case c.Health == "unhealthy":
		return verdict{why: "is unhealthy", was: "unhealthy", wants: "healthy", replace: true, effect: Recreate}
	case c.Health == "starting":
		return verdict{why: "is not ready yet", was: "starting", wants: "healthy", effect: Wait}
	}
	if record.Settings != "" && c.Settings != nil && !sameSettings(b.want.HashKey, c.Settings, record.Settings) {
		// Its label is what Compose compares, and that stays: `docker update`.
		if changes := b.outside(service, c); len(changes) > 0 {
			return verdict{why: "was changed outside devpm: " + keysOf(service.Name, changes), cause: changes, replace: true, effect: Recreate}
		}
	}
	return verdict{}
}

// outside names what the engine shows differently of a container than after the
// last start. A network that was added does not count, as for Compose.
func (b *builder) outside(service Service, c Container) []Change {
	applied := b.have.Applied.Services[service.Name]
	if c.Settings == nil || applied.Container == nil {
		return nil
	}
	secret := func(key string) bool {
		return slices.ContainsFunc(applied.Secret, func(path string) bool { return sameSetting(key, settingKey(service.Name, path)) })
	}
	at := map[string]Leaf{}
	for _, l := range service.Leaves {
		at[settingKey(service.Name, l.Path)] = l
	}
	keys := map[string]bool{}
	for key := range c.Settings {
		keys[key] = true
	}
	for key := range applied.Container {
		keys[key] = true
	}
	var out []Change
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		is, here := c.Settings[key]
		was, there := applied.Container[key]
		kept := is
		if strings.HasPrefix(was, hashed) {
			kept = hideValue(b.want.HashKey, is)
		}
		if here && there && kept == was || !there && strings.HasPrefix(key, "networks.") {
			continue
		}
		if secret(key) || strings.HasPrefix(was, hashed) {
			is, was = cover(is, here), cover(was, there)
		}
		out = append(out, Change{
			Key: "services." + service.Name + "." + key, Old: cmp.Or(is, "nothing"), New: cmp.Or(was, "nothing"), Range: at[key].Range, Effect: Recreate,
		})
	}
	return out
}

func cover(value string, set bool) string {
	if set {
		return hiddenValue
	}
	return value
}
