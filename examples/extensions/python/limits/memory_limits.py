"""A policy, that every service says how much memory it may have, and a command that
lists what they say.
"""

from devpm_extension import Extension, warning

extension = Extension("limits")


@extension.policy("memory-limits")
def check(ctx, document):
    for name, service in sorted(document.get("services", {}).items()):
        if "mem_limit" not in service and not service.get("deploy", {}).get("resources", {}).get("limits", {}).get("memory"):
            yield warning("services." + name, "%s may take all memory of the machine" % name, fix='add "mem_limit": "512m"')


@extension.command("limits.list", "List how much memory services may have")
def limits(ctx, args, fields):
    chosen = args or sorted(ctx.services)
    for name in chosen:
        print("%s\t%s" % (name, ctx.services.get(name, {}).get("mem_limit", "no limit")))
    return {"exit_code": 0, "message": "%d services" % len(chosen)}
