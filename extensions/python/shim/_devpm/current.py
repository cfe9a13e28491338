"""What is going on in this process, for the modules of the shim."""

name = "python"  # of the extension, as devpm names it
version = ""
mode = "plan"  # or "execute"
cache_dir = ""
project = {}  # the frozen context of the protocol
owner = None  # whose code runs
request = None  # id of the request that is answered
command = False  # whether the request is a command, whose output is for the user
wire = None
