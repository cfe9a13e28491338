"""What prepare steps get and give."""

from _devpm.frozen import Record
from dev_project.extensions.context import ExtensionHostContext, HostProjectContext
from dev_project.plan import PlanStep, PlanStepOutcome

__all__ = ["PlanStep", "PlanStepOutcome", "PrepareContext", "PrepareStepDef"]


class PrepareContext(ExtensionHostContext):
    """The context of evaluate() and execute(): all that ExtensionHostContext has,
    and odpm's names for it.
    """

    @property
    def host_ctx(self):
        return self.host

    @property
    def config(self) -> HostProjectContext:
        """What odpm's configuration says that devpm knows too; it cannot be changed."""
        return self.host

    @property
    def lock_manager(self):
        return None


class PrepareStepDef(Record):
    """A step as a value: an id, a description and two functions."""

    _fields = ("id", "description", "evaluate", "execute")
