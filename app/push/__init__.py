"""News of what is published: the list of changes, feeds, and webhooks."""
