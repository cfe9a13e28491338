package engine

// permissionFix names the group that may use the named pipe.
func permissionFix(string) string {
	return "add your user to the group docker-users and log in again"
}
