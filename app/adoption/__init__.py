"""The garante's desk: who publishes, who does not, and how they are reminded."""
