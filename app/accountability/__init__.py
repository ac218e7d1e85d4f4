"""Who did what with authority, kept and found again; and what is not for ever, forgotten in time."""
