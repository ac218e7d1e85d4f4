"""The padrón: bodies loaded, edited, renamed, suspended, merged and split with history; and the settings of a tenant."""
