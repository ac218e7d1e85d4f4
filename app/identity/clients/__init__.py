"""Machine clients of a tenant (OAuth 2): programs with an identifier, a secret and scopes; never a session."""
