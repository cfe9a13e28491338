package diag

var manifestCodes = []CodeInfo{}
