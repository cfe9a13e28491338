package conformance

// extensionCases are about plugins, which this version does not load.
var extensionCases = []testCase{
	waits("EXT-01", partExtensions, "the API versions 1.0 and 1.1 are accepted"),
	waits("EXT-02", partExtensions, "the API version 2.0 is refused by name"),
	waits("EXT-04", partExtensions, "a local plugin with the API version 9.9 is refused"),
	waits("EXT-05", partExtensions, "the step that a local plugin registers is in the plan"),
	waits("EXT-07", partExtensions, "a module of the allow-list that is missing: a warning"),
	waits("EXT-08", partExtensions, "an empty allow-list loads nothing"),
	waits("EXT-10", partExtensions, "an extension's step stands behind every built-in one, whatever its order"),
	waits("EXT-11", partExtensions, "two extension steps with one id are refused"),
	waits("EXT-13", partExtensions, "extension steps go by order, then by id"),
}
