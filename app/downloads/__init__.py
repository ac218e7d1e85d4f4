"""Everything published, as files: made block by block of the chain, put together of stored pieces, never half made."""
