"""`python -m tools.lint`: every rule over the whole repository."""

import sys

from tools.lint import offences, sources

found = offences(sources())
print(*found, sep="\n", end="\n" if found else "")
sys.exit(1 if found else 0)
