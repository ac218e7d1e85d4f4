"""OCDS 1.1 and the Mexican profile EDCA-MX as a pure library: no database, no HTTP, nothing of ours imported."""
