"""The stand-in's server: options, database, HTTP."""
import argparse
import configparser
import json
import logging
import signal
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from . import libpq, release

log = logging.getLogger("odoo")
DUPLICATE_DATABASE, UNIQUE_VIOLATION = "42P04", "23505"
TABLES = (
    "CREATE TABLE IF NOT EXISTS stand_in_counter (name text PRIMARY KEY, value bigint NOT NULL)",
    "CREATE TABLE IF NOT EXISTS ir_module_module (name text PRIMARY KEY, state text NOT NULL)",
)
COUNT = ("INSERT INTO stand_in_counter VALUES ($1, 1)"
         " ON CONFLICT (name) DO UPDATE SET value = stand_in_counter.value + 1 RETURNING value")
INSTALL = ("INSERT INTO ir_module_module VALUES ($1, 'installed')"
           " ON CONFLICT (name) DO UPDATE SET state = 'installed'")


def options():
    """The command line over the file that -c names; an option that Odoo has not is an error."""
    parser = argparse.ArgumentParser(prog="odoo-bin", description=release.description, allow_abbrev=False)
    parser.add_argument("--version", action="version", version=f"Odoo Server {release.version}")
    parser.add_argument("-c", "--config")
    parser.add_argument("-d", "--database", dest="db_name")
    parser.add_argument("-i", "--init", default="")
    parser.add_argument("-u", "--update", default="")
    parser.add_argument("-p", "--http-port")
    parser.add_argument("--http-interface")
    parser.add_argument("--test-enable", action="store_true")
    parser.add_argument("--stop-after-init", action="store_true")
    for name in ("db_host", "db_port", "db_user", "db_password"):
        parser.add_argument(f"--{name}")
    for accepted in ("addons-path", "data-dir", "dev", "gevent-port", "language", "limit-time-cpu", "limit-time-real",
                     "load-language", "log-level", "screencasts", "screenshots", "test-tags", "workers"):
        parser.add_argument(f"--{accepted}")
    given = parser.parse_args()

    chosen = {"db_host": "db", "db_port": "5432", "db_user": "odoo", "db_password": "", "db_name": "stand_in",
              "http_interface": "0.0.0.0", "http_port": "8069"}
    if given.config:
        # Odoo does not interpolate either: a password may hold a percent sign.
        conf = configparser.RawConfigParser()
        with open(given.config, encoding="utf-8") as file:
            conf.read_file(file)
        stated = conf["options"] if conf.has_section("options") else {}
        chosen |= {k: stated[k] for k in chosen if stated.get(k, "False") not in ("", "False", "None")}
    chosen |= {k: v for k, v in vars(given).items() if v is not None}
    return argparse.Namespace(**chosen)


class Database:
    """The database that the options name; each call has its own connection, so threads share nothing."""

    def __init__(self, opts):
        self.name = opts.db_name
        self._params = dict(host=opts.db_host, port=opts.db_port, user=opts.db_user, password=opts.db_password,
                            connect_timeout=3, application_name="odoo")

    def connect(self, name=None):
        return libpq.Connection(dbname=name or self.name, **self._params)

    def prepare(self, modules):
        """Make the database and its tables where they are absent, note the modules, count the start."""
        with self.connect("postgres") as maintenance:
            if not maintenance.query("SELECT 1 FROM pg_database WHERE datname = $1", self.name):
                quoted = self.name.replace('"', '""')
                try:
                    maintenance.query(f'CREATE DATABASE "{quoted}"')
                except libpq.Error as err:
                    if err.state not in (DUPLICATE_DATABASE, UNIQUE_VIOLATION):  # someone else was faster
                        raise
        with self.connect() as db:
            for table in TABLES:
                db.query(table)
            for module in modules:
                db.query(INSTALL, module)
                log.info("module %s is installed", module)
            db.query(COUNT, "starts")

    def answers(self):
        with self.connect() as db:
            return db.query("SELECT 1") == [["1"]]

    def visit(self):
        """Count a visit and tell what the database holds."""
        with self.connect() as db:
            visits = db.query(COUNT, "visits")[0][0]
            starts = db.query("SELECT value FROM stand_in_counter WHERE name = 'starts'")[0][0]
            modules = db.query("SELECT name FROM ir_module_module WHERE state = 'installed' ORDER BY name")
            return {"platform": release.version, "database": self.name, "postgresql": db.query("SELECT version()")[0][0],
                    "starts": int(starts), "visits": int(visits), "modules": [name for (name,) in modules]}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    database = None  # set by main

    def do_GET(self):
        path = self.path.partition("?")[0]
        try:
            if path == "/web/health":
                self.database.answers()
                self.reply(200, {"status": "pass"})
            elif path == "/":
                self.reply(200, self.database.visit())
            else:
                self.reply(404, {"error": "not found"})
        except libpq.Error as err:
            log.error("%s: %s", path, err)
            self.reply(503, {"status": "fail", "error": "the database does not answer"})

    def reply(self, status, content):
        body = json.dumps(content).encode() + b"\n"
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format, *args):
        log.info("%s " + format, self.address_string(), *args)


def main():
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(process)d %(levelname)s %(name)s: %(message)s")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    opts = options()
    Handler.database = Database(opts)
    modules = [name for given in (opts.init, opts.update) for name in given.split(",") if name]
    try:
        Handler.database.prepare(modules)
    except libpq.Error as err:
        sys.exit(f"odoo-bin: database {opts.db_name} on {opts.db_host}:{opts.db_port}: {err}")
    log.info("database %s on %s:%s is ready", opts.db_name, opts.db_host, opts.db_port)
    if opts.test_enable:
        log.info("0 failed, 0 error(s) of 0 tests")
    if opts.stop_after_init:
        return
    ThreadingHTTPServer.daemon_threads = True
    with ThreadingHTTPServer((opts.http_interface, int(opts.http_port)), Handler) as server:
        log.info("HTTP service running on %s:%s", opts.http_interface, opts.http_port)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            log.info("stopped")
