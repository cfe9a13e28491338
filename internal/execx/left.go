package execx

// Left reports whether processes of the program's group are still there. On
// Windows nobody can say, and it is false.
func (c *Child) Left() bool { return groupAlive(c.p.cmd.Process) }
