"""Capture: every field of the model asked for by stage, in forms that nobody writes by hand."""
