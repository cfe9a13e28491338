package diag

var hookCodes = []CodeInfo{}
