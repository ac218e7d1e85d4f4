"""Figures about what is published, kept as publications happen: pages read a few rows, whatever there is to count."""
