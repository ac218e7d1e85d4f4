"""The life of a tenant: founding, suspension, full export and import, succession, transfer, deletion."""
