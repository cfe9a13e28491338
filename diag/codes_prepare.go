package diag

var prepareCodes = []CodeInfo{}
