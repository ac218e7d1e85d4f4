"""Signing in through the identity provider of a tenant (OpenID Connect): docs/adr/0021."""
