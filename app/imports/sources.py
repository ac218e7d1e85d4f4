"""The sources that imports take, and which of them a file is of."""

import io
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from app.core.errors import AppError
from app.imports.compranet import Compranet
from app.imports.releases import Releases
from app.imports.simple import Simple
from app.imports.sipot import Sipot
from app.imports.sourcing import Source
from app.imports.unpacking import BrokenTextError, is_workbook, texts
from app.imports.workbook import Workbook

OCDS = Releases()
SOURCES: tuple[Source, ...] = (OCDS, Workbook(), Compranet(), Simple(), Sipot())
"""In the order in which they are asked."""


def of(path: Path, unpacked_limit: int) -> Source:
    """Return the source that a file is of; what nobody knows is left to OCDS, which says what is wrong with it.

    Args:
        path: the file as it was sent.
        unpacked_limit: most bytes that it may have when opened.

    Raises:
        AppError: a source knows the file for its own and cannot take it.
    """
    refusal: AppError | None = None
    with _first_document(path, unpacked_limit) as file:
        for source in SOURCES:
            file.seek(0)
            try:
                if source.recognises(file):
                    return source
            except AppError as error:
                refusal = refusal or error
    if refusal is not None:
        raise refusal
    return OCDS


def named(key: str) -> Source:
    """Return a source by the key that is stored with a run."""
    return next(source for source in SOURCES if source.key == key)


@contextmanager
def _first_document(path: Path, unpacked_limit: int) -> Iterator[BinaryIO]:
    """Open the file or, if it is a zip of documents, the first one in it: whole if it is a workbook."""
    with path.open("rb") as file, tempfile.TemporaryFile() as unpacked:
        if file.read(2) != b"PK" or is_workbook(_again(file)):
            yield _again(file)
            return
        try:
            documents = texts(_again(file), unpacked_limit)
            chunks = next(documents).chunks
            start = next(chunks, b"")
            unpacked.write(start)
            if is_workbook(io.BytesIO(start)):
                for chunk in chunks:
                    unpacked.write(chunk)
        except BrokenTextError:  # the source tells which document it is, and reads the others
            pass
        yield _again(unpacked)


def _again(file: BinaryIO) -> BinaryIO:
    file.seek(0)
    return file
