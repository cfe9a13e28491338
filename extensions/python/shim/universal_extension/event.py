"""Universal events."""

import json

from _devpm import current


def publish(name, attributes=None, time_to_live=None):
    """Writes the event to the log: there is no controller that waits for it."""
    current.wire.log("info", "event %s %s" % (name, json.dumps(attributes or {}, default=str, sort_keys=True)))
