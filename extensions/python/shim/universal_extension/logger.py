"""Log lines."""

from _devpm import current


def _at(level):
    def log(message, *args, **kwargs):
        text = str(message)
        for line in (text % args if args else text).split("\n"):
            current.wire.log(level, line)

    return log


trace = debug = _at("debug")
info = _at("info")
warning = warn = _at("warning")
error = critical = severe = _at("error")


def exception(message, *args, **kwargs):
    import traceback

    error(str(message) + "\n" + traceback.format_exc().rstrip(), *args)
