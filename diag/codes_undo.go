package diag

// Taking an unfinished run back (355x).
const (
	UndoUnconfirmed Code = "DPM3551"
	UndoFailed      Code = "DPM3552"
	UndoRecord      Code = "DPM3553"
)

var undoCodes = []CodeInfo{
	{UndoUnconfirmed, "undo needs a yes"},
	{UndoFailed, "something could not be taken back"},
	{UndoRecord, "the record of an unfinished run cannot be used"},
}
