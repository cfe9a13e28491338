"""What a step would do."""

from _devpm.frozen import Record

PlanStepOutcome = str  # "run", "update", "noop" or "skip"


class PlanStep(Record):
    _fields = ("id", "description", "outcome", "required", "reason")
    _defaults = {"required": False, "reason": ""}
