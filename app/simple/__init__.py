"""The simple sheet: one row per contract, for whoever has Excel and little time; pure."""
