"""Taking files in: measured, recognised, compared with what is here, stored, and only then written down."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO, Literal
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from app.attachments import addresses, queries, tasks
from app.attachments.content import Recognised, RefusedFileError, recognise
from app.attachments.models import Attachment
from app.attachments.suggestions import Suggested, as_document, clean_name, suggest
from app.core import audit, clock
from app.core.db import Actor, RwSession
from app.core.errors import InvalidError, TooLargeError
from app.core.policy import Permission, require
from app.core.storage import Storage, StorageUnavailableError
from app.core.tables import new_id, table_of
from app.processes.models import ContractingProcess
from app.processes.queries import process_row, versions
from app.processes.workflow import VERSIONS
from app.settings import Settings
from app.web.formats import file_size
from app.web.forms import FormValues

Kind = Literal["public", "reserved"]

CHUNK = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Intake:
    """Where files go, and what is asked of them.

    Attributes:
        limit: most bytes of one file.
        scanned: a scanner is set up, so that files wait for its verdict.
    """

    storage: Storage
    limit: int
    scanned: bool

    @classmethod
    def of(cls, storage: Storage, settings: Settings) -> "Intake":
        """Return what the settings say."""
        return cls(storage, settings.attachment_limit, settings.clamd is not None)


@dataclass(frozen=True, slots=True)
class SentFile:
    """A file as somebody sent it: its name, and its bytes, seekable."""

    name: str
    source: BinaryIO


@dataclass(frozen=True, slots=True)
class Received:
    """What became of one file.

    Attributes:
        file_name: as it is kept.
        said: a sentence for the person.
        attachment: None when the file was refused.
        suggested: how to describe it.
        repeated: it was here already, and `attachment` is that one.
        advice: further sentences.
    """

    file_name: str
    said: str
    attachment: Attachment | None = None
    suggested: Suggested | None = None
    repeated: bool = False
    advice: tuple[str, ...] = ()

    def document(self, start: str) -> dict[str, Any] | None:
        """Return the OCDS Document to add; None for what was refused and for reserved originals.

        Args:
            start: where the tenant's addresses start (`addresses.root`).
        """
        row, told = self.attachment, self.suggested
        if row is None or told is None or row.kind != "public":
            return None
        address = addresses.address(start, row.attachment_id, row.file_name)
        return as_document(row.attachment_id, told, address)

    def told(self, start: str) -> dict[str, Any]:
        """Return it for the script of the page (`attachments.js`); `start` as for `document`."""
        facts: dict[str, Any] = {
            "nombre": self.file_name,
            "recibido": self.attachment is not None,
            "repetido": self.repeated,
            "mensaje": self.said,
            "consejos": list(self.advice),
        }
        if self.attachment is not None:
            facts |= {
                "attachment_id": str(self.attachment.attachment_id),
                "clase": self.attachment.kind,
                "estado": self.attachment.status,
                "documento": self.document(start),
            }
        return facts


def sent_files(sent: FormValues) -> list[SentFile]:
    """Return the files of a form, under whatever names, in order."""
    return [SentFile(file.filename or "", file.file) for files in sent.files.values() for file in files]


def receive(
    session: RwSession,
    actor: Actor,
    intake: Intake,
    process_id: UUID,
    files: Sequence[SentFile],
    *,
    kind: Kind = "public",
    stage: str = "",
    original_id: UUID | None = None,
) -> list[Received]:
    """Take files into a process, each on its own: one that is refused stops no other.

    Args:
        session: bound to the actor.
        actor: must be of the process' body and edit it.
        intake: where to.
        process_id: whose they are.
        files: at their beginning.
        kind: public versions, or originals that are never published.
        stage: of the section they are for, so that only its types of document are suggested.
        original_id: the reserved original of which these are the public version.

    Returns:
        What became of each, in order.

    Raises:
        NotFoundError: no such process, or another's; no such original in it.
        ForbiddenError: the role does not edit.
        ConflictError: the process is where nobody edits it.
        InvalidError: no file came, or an original of an original is meant.
    """
    process = editable(session, actor, process_id)
    if not files:
        raise InvalidError("Elige al menos un archivo.")
    if original_id is not None:
        original = queries.attachment(session, actor, process_id, original_id)
        if kind != "public" or original.kind != "reserved":
            raise InvalidError("Solo una versión pública puede referirse a un original reservado.")
    reception = _Reception(session, actor, intake, process, kind, stage, original_id)
    return [reception.take(file) for file in files]


def queue_scans(session: RwSession, actor: Actor) -> None:
    """Ask for the scan of every file of a tenant that waits for one, as of those that came in an archive."""
    for attachment_id in session.exec(
        select(Attachment.attachment_id)
        .where(Attachment.tenant_id == actor.tenant_id, Attachment.status == "scanning")
        .order_by(col(Attachment.created_at))
    ):
        tasks.scan.defer(session, attachment_id=str(attachment_id))


def editable(session: RwSession, actor: Actor, process_id: UUID) -> ContractingProcess:
    """Return a process whose files the actor may change now.

    Raises:
        NotFoundError: absent, or another's.
        ForbiddenError: the role does not edit.
        ConflictError: its version is under review or scheduled, or was discarded.
    """
    process = process_row(session, actor, process_id)
    require(actor, Permission.PROCESS_EDIT, process.sujeto_obligado_id)
    newest = versions(session, actor, process_id)[:1]
    # Beside a published version, editing opens a new draft.
    if newest and newest[0].status != "published":
        VERSIONS.check("edit", newest[0].status)
    return process


@dataclass(frozen=True, slots=True)
class _Reception:
    """Files on their way into one process."""

    session: RwSession
    actor: Actor
    intake: Intake
    process: ContractingProcess
    kind: Kind
    stage: str
    original_id: UUID | None

    def take(self, file: SentFile) -> Received:
        """Take one file, or say why not."""
        name = clean_name(file.name)
        try:
            size, digest = _measured(file.source, self.intake.limit)
            seen = recognise(name, file.source)
            known = self._known(digest)
            row = known or self._store(file.source, seen, size, digest)
        except (RefusedFileError, TooLargeError, StorageUnavailableError) as error:
            return Received(name, error.detail)
        told = suggest(row.file_name, row.media_type, self.stage)
        if known is not None:
            return Received(row.file_name, "Ya estaba aquí: es el mismo archivo.", row, told, repeated=True)
        waits = row.status == "scanning"
        said = "Recibido. Se revisa en busca de virus." if waits else "Listo."
        return Received(row.file_name, said, row, told, advice=seen.advice)

    def _known(self, digest: bytes) -> Attachment | None:
        """Return the same file, if the process has it; refuse one that stands elsewhere under the other kind."""
        same = self.session.exec(
            select(Attachment).where(
                Attachment.tenant_id == self.process.tenant_id,
                Attachment.sujeto_obligado_id == self.process.sujeto_obligado_id,
                Attachment.sha256 == digest,
                Attachment.status != "withdrawn",
            )
        ).all()
        here = next((row for row in same if row.process_id == self.process.process_id), None)
        if any(row.status == "infected" for row in same):
            raise RefusedFileError("El antivirus encontró un virus en este archivo: no se puede recibir.")
        if self.kind == "public" and any(row.kind == "reserved" for row in same):
            raise RefusedFileError(
                "Ese mismo archivo está guardado como original reservado. La versión pública es otro archivo, con "
                "lo reservado ya testado."
            )
        if any(row.kind != self.kind for row in same):
            raise RefusedFileError(
                "Ese mismo archivo ya está como versión pública, aquí o en otra contratación: si es reservado, "
                "descártalo ahí antes de guardarlo como original."
            )
        return here

    def _store(self, source: BinaryIO, seen: Recognised, size: int, digest: bytes) -> Attachment:
        key = self.intake.storage.new_key(self.process.tenant_id, self.kind)
        source.seek(0)
        self.intake.storage.put(key, source)
        row = Attachment(
            tenant_id=self.process.tenant_id,
            attachment_id=new_id(),
            process_id=self.process.process_id,
            sujeto_obligado_id=self.process.sujeto_obligado_id,
            kind=self.kind,
            original_id=self.original_id,
            file_name=seen.file_name,
            media_type=seen.media_type,
            size_bytes=size,
            sha256=digest,
            storage_key=key,
            status="scanning" if self.intake.scanned else "ready",
            uploaded_by=self.actor.account_id,
            created_at=clock.now(),
        )
        if not self._write(row):  # somebody sent the same bytes at the same moment
            self.intake.storage.delete(key)
            twin = self._known(digest)
            if twin is None:
                raise RefusedFileError("El archivo llegó dos veces a la vez: vuelve a enviarlo.")
            return twin
        audit.record(
            self.session,
            "attachment.receive",
            "contracting_process",
            row.process_id,
            attachment=str(row.attachment_id),
            kind=row.kind,
            sha256=digest.hex(),
        )
        if row.status == "scanning":
            tasks.scan.defer(self.session, attachment_id=str(row.attachment_id))
        return row

    def _write(self, row: Attachment) -> bool:
        table = table_of(Attachment)
        written = self.session.execute(
            insert(table)
            .values(**row.model_dump())
            .on_conflict_do_nothing()  # `attachment_bytes_key`: ids are random
            .returning(table.c.attachment_id)
        )
        return written.one_or_none() is not None


def _measured(source: BinaryIO, limit: int) -> tuple[int, bytes]:
    """Return size and SHA-256; a file over the limit is left at once."""
    digest, size = hashlib.sha256(), 0
    source.seek(0)
    while chunk := source.read(CHUNK):
        size += len(chunk)
        if size > limit:
            raise TooLargeError(
                f"El archivo pasa de {file_size(limit)}, el máximo. Redúcelo (por ejemplo, menos puntos por "
                "pulgada al digitalizar) o divídelo."
            )
        digest.update(chunk)
    return size, digest.digest()
