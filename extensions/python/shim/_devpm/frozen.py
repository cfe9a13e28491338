"""Data that cannot be changed: what devpm tells plugins about the project."""

import sys


def _refuse(self, *args, **kwargs):
    raise TypeError("what devpm tells an extension cannot be changed; make a copy first: copy.deepcopy(value)")


class FrozenDict(dict):
    """A dict, also for json and isinstance, that refuses changes."""

    __slots__ = ()
    __setitem__ = __delitem__ = __ior__ = clear = pop = popitem = setdefault = update = _refuse

    def copy(self):
        return dict(self)

    __copy__ = copy

    def __deepcopy__(self, memo):
        return thaw(self)

    def __reduce__(self):
        return dict, (thaw(self),)


class FrozenList(list):
    """A list that refuses changes."""

    __slots__ = ()
    __setitem__ = __delitem__ = __iadd__ = __imul__ = _refuse
    append = clear = extend = insert = pop = remove = reverse = sort = _refuse

    def copy(self):
        return list(self)

    __copy__ = copy

    def __deepcopy__(self, memo):
        return thaw(self)

    def __reduce__(self):
        return list, (thaw(self),)


def freeze(value):
    """Returns JSON data with every object and array frozen."""
    if isinstance(value, dict):
        return FrozenDict((key, freeze(item)) for key, item in value.items())
    if isinstance(value, (list, tuple)):
        return FrozenList(freeze(item) for item in value)
    return value


def thaw(value):
    """Returns a copy that may be changed, at every depth."""
    if isinstance(value, dict):
        return {key: thaw(item) for key, item in value.items()}
    if isinstance(value, list):
        return [thaw(item) for item in value]
    return value


class _Fields:
    """Makes a Record a dataclass to those who ask, without loading dataclasses."""

    def __get__(self, record, owner):
        import dataclasses

        fields = [(name, object, dataclasses.field(default=None)) for name in owner._fields]
        return dataclasses.make_dataclass(owner.__name__, fields, frozen=True).__dataclass_fields__


class Record:
    """An object with named values that refuses changes, as a frozen dataclass
    does. Subclasses list the names in _fields and defaults in _defaults.
    """

    _fields = ()
    _defaults = {}
    __dataclass_fields__ = _Fields()

    def __init__(self, *args, **kwargs):
        if len(args) > len(self._fields):
            raise TypeError("%s takes %d values, not %d" % (type(self).__name__, len(self._fields), len(args)))
        values = dict(zip(self._fields, args))
        for name, value in kwargs.items():
            if name in values or name not in self._fields:
                raise TypeError("%s does not take %r here" % (type(self).__name__, name))
            values[name] = value
        for name in self._fields:
            if name not in values and name not in self._defaults:
                raise TypeError("%s needs %r" % (type(self).__name__, name))
            object.__setattr__(self, name, values.get(name, self._defaults.get(name)))

    def __setattr__(self, name, value):
        # The error of frozen dataclasses, for those who know it.
        error = getattr(sys.modules.get("dataclasses"), "FrozenInstanceError", AttributeError)
        raise error("cannot assign to %s.%s: what devpm tells an extension cannot be changed" % (type(self).__name__, name))

    def __delattr__(self, name):
        self.__setattr__(name, None)

    def _values(self):
        return tuple(getattr(self, name) for name in self._fields)

    def __eq__(self, other):
        return self._values() == other._values() if type(other) is type(self) else NotImplemented

    def __hash__(self):
        return hash(repr(self))

    def __repr__(self):
        return "%s(%s)" % (type(self).__name__, ", ".join("%s=%r" % (n, getattr(self, n)) for n in self._fields))
