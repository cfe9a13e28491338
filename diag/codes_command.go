package diag

var commandCodes = []CodeInfo{}
