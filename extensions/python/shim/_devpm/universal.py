"""An extension.py of Stonebranch as registrations of commands: devpm.command.NAME
starts it, devpm.command.NAME.choice.FIELD gives the choices of a field, and
devpm.command.NAME.COMMAND runs a dynamic command.
"""

from . import faults
from .odpm import kind_of
from .registry import registry


def register(module, universal, name):
    """Registers the module's class Extension, if it has one of the right kind."""
    cls = getattr(module, "Extension", None)
    if not isinstance(cls, type) or not issubclass(cls, universal.UniversalExtension):
        return
    instances = []

    def instance():
        if not instances:
            instances.append(cls())
        return instances[0]

    def call(request, method, **marks):
        def run(params):
            universal.uip.request_type = request
            for key, value in marks.items():
                setattr(universal.uip, key, value)
            fields = dict(params.get("fields") or {})
            extension = instance()
            extension.extension_new(fields)
            return result(getattr(extension, method)(fields), method)

        return {"command.run": run}

    def cancel():
        try:
            instance().extension_cancel()
        except Exception as error:
            from . import current

            current.wire.log("error", "extension_cancel: " + faults.sentence(error))

    prefix = "devpm.command." + name
    registry.add("command", prefix, call("start", "extension_start"), description="Starts the extension", cancel=cancel)
    for attribute in dir(cls):
        function = getattr(cls, attribute, None)
        field, command = getattr(function, "devpm_choice", None), getattr(function, "devpm_command", None)
        if field:
            calls = call("dynamic_choice", attribute, choice_field_name=field)
            registry.add("command", "%s.choice.%s" % (prefix, field), calls, description="Gives the choices of the field %s" % field)
        if command:
            calls = call("dynamic_command", attribute, dynamic_command_name=command)
            registry.add("command", "%s.%s" % (prefix, command), calls, description="Runs %s" % command)


def result(found, method):
    """An ExtensionResult as the protocol has it."""
    if found is None:
        return {"exit_code": 0}
    if not hasattr(found, "rc"):
        raise faults.BadAnswer("%s() returned %s, not an ExtensionResult" % (method, kind_of(found)))
    if not isinstance(found.rc, int) or isinstance(found.rc, bool):
        raise faults.BadAnswer("%s() has the rc %r, not a whole number" % (method, found.rc))
    names = ("output_fields", "unv_output", "values", "output", "output_data", "output_name")
    output = {name: getattr(found, name, None) for name in names}
    output = {name: value for name, value in output.items() if value is not None}
    out = {"exit_code": found.rc, "message": str(found.message or "")}
    if output:
        out["output"] = output
    return out
