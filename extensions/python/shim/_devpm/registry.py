"""The one list of registrations that every way of writing an extension fills.

A registration answers methods of the protocol: `calls` maps a method's name to a
function of the request's parameters. While a plugin is loaded its registrations
are kept apart; they count only once it has been loaded whole.
"""

import re

from . import faults

# The kind that answers a method, and the parameter that names the registration.
METHODS = {
    "prepare.evaluate": ("prepare_step", "id"),
    "prepare.execute": ("prepare_step", "id"),
    "compose.services": ("compose_fragment", "name"),
    "compose.patches": ("compose_patch", "name"),
    "hooks.run": ("hook", "id"),
    "secrets.fetch": ("secrets_provider", "name"),
    "stack.get": ("stack", "name"),
    "policy.check": ("policy", "name"),
    "command.run": ("command", "name"),
}

CAPABILITIES = {
    "prepare_step": "prepare.steps/1",
    "compose_fragment": "compose.fragment/1",
    "compose_patch": "compose.patch/1",
    "hook": "hooks/1",
    "secrets_provider": "secrets/1",
    "stack": "stack/1",
    "policy": "policy/1",
    "command": "command/1",
}

WORDS = {
    "prepare_step": "prepare step",
    "compose_fragment": "compose fragment",
    "compose_patch": "set of compose patches",
    "hook": "hook runner",
    "secrets_provider": "secrets provider",
}


# What devpm takes as a name (docs/protocol, Registration).
NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)*\Z")
LONGEST = 200


class Owner:
    """Who registers: a module of the project, an installed package, a package."""

    def __init__(self, name, source, display=None):
        self.name = name
        self.source = source  # shown to the user
        self.roots = []  # files and directories of its code, absolute
        self.display = display or (lambda path: path)


class Registration:
    def __init__(self, kind, name, owner, calls, target=None, description="", order=None, phases=None, cancel=None):
        self.kind, self.name, self.owner, self.calls = kind, name, owner, calls
        self.target, self.description, self.order, self.phases, self.cancel = target, description, order, phases, cancel

    def describe(self):
        out = {"kind": self.kind, "name": self.name, "source": self.owner.source, "extension": self.owner.name}
        if self.description:
            out["description"] = self.description
        if self.order is not None:
            out["order"] = self.order
        if self.phases:
            out["phases"] = self.phases
        return out


class Registry:
    def __init__(self):
        self.rows = {}  # (kind, name) -> Registration, in order
        self.loading = []  # of owners; the last one registers
        self.pending = []  # a list of registrations for each of them

    def begin(self, owner):
        self.loading.append(owner)
        self.pending.append([])

    def end(self, keep):
        """Ends what begin began and says how many registrations there were."""
        self.loading.pop()
        rows = self.pending.pop()
        if keep:
            for row in rows:
                self.rows[row.kind, row.name] = row
        return len(rows)

    def count(self):
        """How many registrations the plugin that is being loaded has made."""
        return len(self.pending[-1]) if self.pending else 0

    def get(self, kind, name):
        for rows in self.pending:
            for row in rows:
                if (row.kind, row.name) == (kind, name):
                    return row
        return self.rows.get((kind, name))

    def add(self, kind, name, calls, **more):
        """Adds one registration; ValueError for a name that is taken, BadAnswer for one
        that is none.
        """
        word = WORDS.get(kind, kind)
        if not self.loading:
            raise RuntimeError("a %s is registered while the extension is loaded, not later" % word)
        if not isinstance(name, str) or len(name) > LONGEST or not NAME.match(name):
            raise faults.BadAnswer(
                "a %s needs a name of letters, digits, dots, dashes and underscores, such as mycompany.custom.step, not %r" % (word, name)
            )
        owner = self.loading[-1]
        self.refuse_taken(kind, name)
        row = Registration(kind, name, owner, calls, **more)
        self.pending[-1].append(row)
        return row

    def refuse_taken(self, kind, name):
        """ValueError for a name that is taken, which names who took it."""
        taken, owner = self.get(kind, name), self.loading[-1]
        if taken is not None:
            both = "by %s" % owner.source if taken.owner is owner else "by %s and by %s" % (taken.owner.source, owner.source)
            raise ValueError('the %s "%s" is registered twice: %s' % (WORDS.get(kind, kind), name, both))

    def find(self, method, params):
        """The registration that a request is for."""
        kind, key = METHODS[method]
        name = params.get(key)
        row = self.rows.get((kind, name))
        if row is None:
            known = ", ".join(n for k, n in self.rows if k == kind) or "none"
            raise faults.InvalidParams("there is no %s %r; there is %s" % (WORDS.get(kind, kind), name, known))
        return row


registry = Registry()
