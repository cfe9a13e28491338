//go:build !linux

package engine

const (
	procFS         = ""
	canReadSockets = false
)

// socketTable is empty: only Linux lets an ordinary user read it.
type socketTable struct{}

func readSockets(string) *socketTable               { return &socketTable{} }
func (*socketTable) holder(PortWish) (Holder, bool) { return Holder{}, false }
