"""The frozen views of the project that plugins get."""

import os

from _devpm import current
from _devpm.frozen import Record, freeze


class ScenarioPolicy(str):
    """The scenario: developer, server or ci."""

    __slots__ = ()

    @property
    def scenario(self):
        return str(self)

    name = scenario


class _View(Record):
    def __getattr__(self, name):  # of what is not there
        if name.startswith("__"):
            raise AttributeError(name)
        raise AttributeError(
            "devpm gives plugins no %s.%s; there is %s" % (type(self).__name__, name, ", ".join(sorted(n for n in dir(type(self)) if not n.startswith(("_", "of_")))))
        )

    def __dir__(self):
        return sorted(set(dir(type(self))) | set(self._fields))


class ManifestView(_View):
    """The manifest's parts, as in effect."""

    _fields = ("manifest_schema", "requires_odpm", "services", "service_patches", "hooks", "locks", "extensions")


class HostProjectContext(_View):
    """The project on this machine."""

    _fields = ("project_dir", "policy", "repo_odpm_json", "manifest_view", "environment", "project_name", "stack", "manifest")

    @property
    def scenario(self):
        return self.policy.scenario


class ExtensionHostContext(_View):
    """What a plugin knows: the project, and the manifest's parts as in effect."""

    _fields = (
        "host", "repo_odpm_json", "manifest_schema", "requires_odpm", "manifest_services",
        "manifest_service_patches", "manifest_hooks", "manifest_locks", "manifest_extensions",
    )

    @classmethod
    def of_project(cls):
        p = current.project
        view = ManifestView(
            p.get("manifest_schema"), p.get("requires_odpm") or None, p.get("services") or freeze({}), p.get("service_patches") or freeze({}),
            p.get("hooks") or freeze({}), p.get("locks") or freeze({}), (p.get("manifest") or {}).get("extensions") or freeze({}),
        )
        directory = p.get("project_dir", "")
        host = HostProjectContext(
            directory, ScenarioPolicy(p.get("scenario", "")), os.path.join(directory, "odpm.json"), view,
            p.get("environment") or freeze({}), p.get("project_name", ""), p.get("stack", ""), p.get("manifest") or freeze({}),
        )
        return cls(host, host.repo_odpm_json, *view._values())

    @property
    def project_dir(self):
        return self.host.project_dir

    @property
    def policy(self):
        return self.host.policy

    @property
    def environment(self):
        """The values of the project's .env files."""
        return self.host.environment
