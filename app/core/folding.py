"""How texts are compared when people search: without case, accents or odd blanks."""

import unicodedata


def fold(text: str) -> str:
    """Return the text in lower case, without accents, its blanks single: `Adquisición  DE` → `adquisicion de`."""
    if text.isascii():
        return " ".join(text.lower().split())
    flat = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join(char for char in flat if not unicodedata.combining(char)).split())
