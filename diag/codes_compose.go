package diag

var composeCodes = []CodeInfo{}
