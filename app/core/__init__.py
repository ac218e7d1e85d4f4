"""The kernel: no feature, no HTTP."""
