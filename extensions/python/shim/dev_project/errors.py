"""Errors that plugins raise and catch."""


class OdpmError(Exception):
    def __init__(self, message="", exit_code=1):
        super().__init__(message)
        self.exit_code = exit_code


class PipelineError(OdpmError):
    """The work failed; exit_code becomes that of devpm."""


class ConfigError(OdpmError):
    """The project's or the plugin's settings are wrong."""


class UnsupportedAPI(ConfigError):
    """The plugin was written for an extension API that devpm does not have."""
