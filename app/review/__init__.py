"""Review: submitting, observing, approving and returning versions."""
