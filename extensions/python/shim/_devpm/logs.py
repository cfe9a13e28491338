"""Records of the logging module become log lines, once an extension loads it."""

from . import current


def attach(logging):
    class Handler(logging.Handler):
        def emit(self, record):
            level = "error" if record.levelno >= 40 else "warning" if record.levelno >= 30 else "info" if record.levelno >= 20 else "debug"
            try:
                text = self.format(record)
            except Exception:
                self.handleError(record)
                return
            for line in text.split("\n"):
                current.wire.log(level, line)

    logging.root.addHandler(Handler())
    logging.root.setLevel(logging.INFO)
