package compose

import "slices"

// HoldsSecret reports whether a value of the document was made from a secret.
func (m *Model) HoldsSecret() bool { return anySecret(m.root) || m.SnapshotHoldsSecret() }

// SnapshotHoldsSecret is HoldsSecret for the services before patches.
func (m *Model) SnapshotHoldsSecret() bool {
	return slices.ContainsFunc(m.sidecars, func(s member) bool { return anySecret(s.value) })
}

// FragmentHoldsSecret is HoldsSecret for one service before patches.
func (m *Model) FragmentHoldsSecret(service string) bool {
	return slices.ContainsFunc(m.sidecars, func(s member) bool { return s.key == service && anySecret(s.value) })
}

// anySecret looks at a value and at all below it: one that a patch took from a
// list or a map is below it.
func anySecret(v *value) bool {
	return v != nil && (holdsSecret(v) || slices.ContainsFunc(v.members, func(m member) bool { return anySecret(m.value) }) ||
		slices.ContainsFunc(v.items, anySecret))
}
