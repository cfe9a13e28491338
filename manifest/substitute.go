package manifest

import (
	"strings"

	"github.com/a8m/envsubst/parse"
)

// substitutable reports whether envsubst gets an expression right. It loses
// text on nested defaults, takes ${V:+x} for ${V+x}, accepts ${V:?m} silently
// and stops at a line break; those forms are evaluated in choose.
func substitutable(operator, word string) bool {
	switch operator {
	case "":
		return true
	case "-", ":-":
		return word != "" && !strings.ContainsAny(word, "${}\r\n")
	default:
		return false
	}
}

// substitute evaluates one expression that is substitutable. envsubst sees the
// one variable concerned and nothing of the process environment.
func substitute(name, operator, word, value string, set bool) (string, error) {
	var environment []string
	if set {
		environment = []string{name + "=" + value}
	}
	return parse.New(name, environment, &parse.Restrictions{NoDigit: true}).Parse("${" + name + operator + word + "}")
}
