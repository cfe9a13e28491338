package compose

// leaveOut drops what refers to services that this run does not have (Input.Partial):
// their patches never applied, and Compose refuses a depends_on without its target.
func (b *builder) leaveOut() {
	if !b.in.Partial {
		return
	}
	b.scrub(func(name string) bool {
		_, ok := b.targets[name]
		return !ok
	})
}
