"""What a task shows while it runs."""

import json

from _devpm import current


def update_progress(percent, message=""):
    current.wire.notify("progress", {"id": current.request, "message": str(message), "percent": min(100, max(0, float(percent)))})


def update_extension_status(status):
    current.wire.notify("progress", {"id": current.request, "message": str(status)})


def update_output_fields(fields):
    for name, value in dict(fields).items():
        current.wire.log("info", "%s = %s" % (name, value if isinstance(value, str) else json.dumps(value, default=str)))
