"""What the Plataforma Digital Nacional asks of a provider of its System 6 (public contracting)."""
