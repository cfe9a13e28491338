package diag

var engineCodes = []CodeInfo{}
