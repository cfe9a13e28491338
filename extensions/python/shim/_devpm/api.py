"""Versions of odpm's extension API (spec odpm §12)."""

VERSION = "1.1"
SUPPORTED = ("1.0", "1.1")
UNDECLARED = "1.0"


def check(version, plugin):
    """Raises ConfigError for a version that is not supported."""
    text = str(version).strip()
    if text in SUPPORTED:
        return
    from dev_project.errors import UnsupportedAPI

    who = "the plugin %s" % plugin if plugin else "the plugin"
    raise UnsupportedAPI("%s asks for version %s of the extension API; supported are %s" % (who, text, ", ".join(SUPPORTED)))
