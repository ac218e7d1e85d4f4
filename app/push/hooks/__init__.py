"""Webhooks: the chain's changes, sent to the addresses that asked for them (docs/adr/0045)."""
