package compose

import "github.com/devpm/devpm/manifest"

// Reason says why a value is what it is although nobody wrote it: devpm's rule,
// and the settings that the rule goes by.
type Reason struct {
	Rule   string            // a phrase; "" when the value is as written
	Causes []manifest.Choice // what decided it; none where the rule alone did
}

// Rules of devpm for any stack.
const (
	ruleLease      = "host ports are leased to this work tree, so that others can run beside it"
	ruleLoopback   = "ports that name no address are published on this host only"
	ruleNetwork    = "services that name no network join the project's"
	ruleDeclared   = "the network of the services is declared beside them"
	rulePhysical   = "what the stack and the project own is called by its physical name"
	ruleProject    = "the prefix is the name of the Compose project"
	ruleOtherName  = "the directory's own name is that of another project, so this one has a name of its own"
	ruleServices   = "the document of any stack has its services here"
	ruleShortNames = "a name in the short form stands for service_started"
)

// reasons are the reasons of the values of a stack.
type reasons map[*manifest.Node]Reason

// because notes why a node is there: its reason is that of everything below it
// which has none of its own. A nil node stays nil.
func (r reasons) because(n *manifest.Node, rule string, by ...manifest.Choice) *manifest.Node {
	if n != nil {
		r[n] = Because(rule, by...)
	}
	return n
}

// told leaves out settings that are not known.
func told(by []manifest.Choice) []manifest.Choice {
	var out []manifest.Choice
	for _, c := range by {
		if c.Use.Name != "" {
			out = append(out, c)
		}
	}
	return out
}

// give hands the reasons of a stack to the values made from its nodes.
func (r reasons) give(v *value, above *Reason) {
	if own, ok := r[v.source]; ok {
		above = &own
	}
	v.why = above
	for _, m := range v.members {
		r.give(m.value, above)
	}
	for _, item := range v.items {
		r.give(item, above)
	}
}

// Because is a rule with the settings that are known of those it goes by.
func Because(rule string, by ...manifest.Choice) Reason {
	return Reason{Rule: rule, Causes: told(by)}
}

// because is the reason of a value that devpm sets.
func because(rule string, by ...manifest.Choice) *Reason {
	r := Because(rule, by...)
	return &r
}
