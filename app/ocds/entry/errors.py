"""Why a text cannot be what its field asks for."""


class EntryError(ValueError):
    """What was typed cannot be understood. `str(error)` is Spanish: the reason, and how to write it right."""
