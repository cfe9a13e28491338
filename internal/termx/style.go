package termx

// Style colours text, or leaves it alone: the zero value writes no escape
// sequence at all.
type Style struct{ on bool }

// NewStyle returns a style that colours when on is true.
func NewStyle(on bool) Style { return Style{on: on} }

// Enabled reports whether the style colours.
func (s Style) Enabled() bool { return s.on }

func (s Style) wrap(code, text string) string {
	if !s.on || text == "" {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

// Bold emphasises.
func (s Style) Bold(text string) string { return s.wrap("1", text) }

// Dim plays down.
func (s Style) Dim(text string) string { return s.wrap("2", text) }

// Red is for errors and removed lines.
func (s Style) Red(text string) string { return s.wrap("31", text) }

// Green is for success and added lines.
func (s Style) Green(text string) string { return s.wrap("32", text) }

// Yellow is for warnings and changes.
func (s Style) Yellow(text string) string { return s.wrap("33", text) }

// Blue is for things that happen without changing a file.
func (s Style) Blue(text string) string { return s.wrap("34", text) }

// Cyan is for places: files, hunks, names.
func (s Style) Cyan(text string) string { return s.wrap("36", text) }

// ColorMode is the value of --color.
type ColorMode string

// The colour modes.
const (
	ColorAuto   ColorMode = "auto"
	ColorAlways ColorMode = "always"
	ColorNever  ColorMode = "never"
)

// StyleFor decides whether output to a stream is coloured. With auto that is
// so on a terminal, unless NO_COLOR is set and not empty (no-color.org) or TERM
// is "dumb". lookup reads the environment.
func StyleFor(stream any, mode ColorMode, lookup func(string) (string, bool)) Style {
	switch mode {
	case ColorAlways:
		return NewStyle(true)
	case ColorNever:
		return NewStyle(false)
	}
	if v, ok := lookup("NO_COLOR"); ok && v != "" {
		return NewStyle(false)
	}
	if v, _ := lookup("TERM"); v == "dumb" {
		return NewStyle(false)
	}
	return NewStyle(IsTerminal(stream))
}
