"""Stonebranch's Python API of Universal Extensions, as devpm gives it to their
extension.py (spec extension-systems §4.9). It has what a task needs on its own; what
speaks to a Universal Controller, devpm writes to the log.
"""

from . import event, logger, ui

__all__ = ["ExtensionResult", "UniversalExtension", "event", "logger", "ui", "uip"]


class ExtensionResult(object):
    """How a start, a dynamic choice or a dynamic command ended. rc 0 is success, and
    the message is then for information.
    """

    def __init__(self, rc=0, message="", output_fields=None, unv_output=None, values=None, output=None, output_data=None, output_name=None, **more):
        self.rc, self.message = rc, message
        self.output_fields, self.unv_output = output_fields, unv_output
        self.values = values
        self.output, self.output_data, self.output_name = output, output_data, output_name
        for name, value in more.items():
            setattr(self, name, value)


class _Uip(object):
    """The task's surroundings. devpm starts a task by hand: there is no trigger."""

    task_variables = {}
    is_triggered = False
    trigger_id = None
    instance_id = None
    monitor_id = None
    request_type = None
    choice_field_name = None
    dynamic_command_name = None


uip = _Uip()


class UniversalExtension(object):
    """The class that an extension.py derives its Extension from."""

    uip = uip
    log = logger

    def __init__(self):
        pass

    def extension_new(self, fields):
        """Runs before extension_start and dynamic commands."""

    def extension_start(self, fields):
        raise NotImplementedError("the extension has no extension_start(fields)")

    def extension_cancel(self):
        """Runs in a thread of its own while extension_start is at work."""

    def update_output_fields(self, fields):
        ui.update_output_fields(fields)

    def update_extension_status(self, status):
        ui.update_extension_status(status)
