"""Imports: one shape for every source: detect, read, map, preview, apply."""
