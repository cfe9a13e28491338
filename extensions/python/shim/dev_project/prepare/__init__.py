"""Prepare steps."""
