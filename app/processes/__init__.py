"""The working document of a contracting process, stored in parts, and its versions."""
