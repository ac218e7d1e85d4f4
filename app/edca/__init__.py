"""The addresses of the tool that tenants used before, so that who harvested them goes on (docs/adr/0039)."""
