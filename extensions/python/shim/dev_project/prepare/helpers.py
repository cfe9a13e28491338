"""Helpers for evaluate()."""

from dev_project.plan import PlanStep


def make_plan_step(step_id, description, outcome, required=False, reason=""):
    """Says what a step would do: outcome is "run", "update", "noop" or "skip"."""
    return PlanStep(step_id, description, outcome, required, reason)
