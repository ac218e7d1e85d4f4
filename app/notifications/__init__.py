"""Notices and letters: what happened elsewhere, told to whom it concerns."""
