"""PostgreSQL through its C library: a platform without Python packages."""
import ctypes
from ctypes import POINTER, c_char_p, c_int, c_void_p

CONNECTION_OK, COMMAND_OK, TUPLES_OK = 0, 1, 2


def _load():
    """The few functions used here, with their types."""
    lib = ctypes.CDLL("libpq.so.5")
    strings = POINTER(c_char_p)
    for name, result, *arguments in (
        ("PQconnectdbParams", c_void_p, strings, strings, c_int),
        ("PQstatus", c_int, c_void_p),
        ("PQerrorMessage", c_char_p, c_void_p),
        ("PQfinish", None, c_void_p),
        ("PQexecParams", c_void_p, c_void_p, c_char_p, c_int, c_void_p, strings, c_void_p, c_void_p, c_int),
        ("PQresultStatus", c_int, c_void_p),
        ("PQresultErrorField", c_char_p, c_void_p, c_int),
        ("PQntuples", c_int, c_void_p),
        ("PQnfields", c_int, c_void_p),
        ("PQgetisnull", c_int, c_void_p, c_int, c_int),
        ("PQgetvalue", c_char_p, c_void_p, c_int, c_int),
        ("PQclear", None, c_void_p),
    ):
        function = getattr(lib, name)
        function.restype, function.argtypes = result, arguments
    return lib


def _array(values, *end):
    values = [None if v is None else str(v).encode() for v in (*values, *end)]
    return (c_char_p * len(values))(*values)


class Error(Exception):
    """What the server or the library said; state is the SQLSTATE, "" without one."""

    def __init__(self, message, state=""):
        super().__init__(message.strip())
        self.state = state


class Connection:
    """One connection, to be used in a with statement; params are libpq's (host, dbname, ...)."""

    def __init__(self, **params):
        self._lib = _load()
        self._conn = self._lib.PQconnectdbParams(_array(params, None), _array(params.values(), None), 0)
        if self._lib.PQstatus(self._conn) != CONNECTION_OK:
            message = self._message()
            self.close()
            raise Error(message)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self._lib.PQfinish(self._conn)
        self._conn = None

    def _message(self):
        return self._lib.PQerrorMessage(self._conn).decode(errors="replace")

    def query(self, sql, *values):
        """Run one statement ($1, $2, ... are values) and return its rows: lists of str or None."""
        lib = self._lib
        result = lib.PQexecParams(
            self._conn, sql.encode(), len(values), None, _array(values), None, None, 0)
        try:
            if lib.PQresultStatus(result) not in (COMMAND_OK, TUPLES_OK):
                state = lib.PQresultErrorField(result, ord("C")) or b""
                raise Error(self._message(), state.decode())
            return [
                [None if lib.PQgetisnull(result, row, column) else lib.PQgetvalue(result, row, column).decode()
                 for column in range(lib.PQnfields(result))]
                for row in range(lib.PQntuples(result))
            ]
        finally:
            lib.PQclear(result)
