"""Development-only oracle: what `libcoveocds` (AGPL) says about packages, from its own process and environment."""
