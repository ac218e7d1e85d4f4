"""Accounts, memberships with their roles, and server-side sessions."""
