package host

// Overran reports whether the program was ended because it went on with a
// request that was cancelled, beyond Limits.Cancel.
func (s *Session) Overran() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.cause != nil && s.cause.kind == causeCancelled
}
