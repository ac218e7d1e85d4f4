"""Beginning a process: from nothing, from a template of the body, or from one of its earlier processes."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import defer
from sqlmodel import col, func, select

from app.core import audit, clock
from app.core.db import Actor, RwSession
from app.core.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from app.core.folding import fold
from app.core.policy import Permission, require
from app.ocds.shape import Document
from app.processes import drafting
from app.processes.copying import kept
from app.processes.lists import MANY_WORDS
from app.processes.models import ContractingProcess, ProcessTemplate
from app.processes.queries import load_working, process_row, working_process
from app.processes.service import DocumentWrite, save_documents
from app.tenancy.models import SujetoObligado
from app.tenancy.queries import prefixes, sujeto, tenant

METHODS = {
    "Licitación pública": "open",
    "Invitación a cuando menos tres personas": "selective",
    "Adjudicación directa": "direct",
}
"""Name of the procedure in the law (`procurementMethodDetails`) -> code of `procurementMethod`."""

# As large as a document, and a list needs none.
_WITHOUT_DOCUMENT = defer(ProcessTemplate.document)

LONGEST_TITLE = 500
LONGEST_NAME = 120
MANY_TEMPLATES = 200
"""Templates that one body has at most: all fit on a page."""
MANY_FOUND = 20
"""Earlier processes that a search offers."""


@dataclass(frozen=True, slots=True)
class Beginning:
    """A process to be begun.

    Attributes:
        process_id: chosen by the page that asks, so that asking twice begins one process.
        title: what is bought.
        procedure: a key of `METHODS`.
        description: what for; may be empty.
        template_id: begin with what this template holds.
        earlier: begin with what is kept of this process: its ocid or another identifier of it.
    """

    process_id: UUID
    title: str
    procedure: str
    description: str = ""
    template_id: UUID | None = None
    earlier: str = ""


@dataclass(frozen=True, slots=True)
class Earlier:
    """A process of the body that another can begin with."""

    process_id: UUID
    ocid: str
    title: str
    year: int | None


def create(session: RwSession, actor: Actor, beginning: Beginning) -> UUID:
    """Begin a process and return its identifier; asked again with the same one, it is the process begun before.

    Raises:
        ForbiddenError: the role does not capture.
        NotFoundError: the template or the earlier process is absent or another body's.
        InvalidError: no title, an unknown procedure, or a tenant without an OCID prefix.
    """
    whose = _body(actor)
    require(actor, Permission.PROCESS_EDIT, whose)
    title = " ".join(beginning.title.split())
    if not title or len(title) > LONGEST_TITLE:
        raise InvalidError(f"Escribe qué se contrata, en un título de hasta {LONGEST_TITLE} caracteres.")
    if beginning.procedure not in METHODS:
        raise InvalidError("Elige el procedimiento de la lista.")
    # The second of two clicks waits here until the first is done, and then finds its process.
    session.exec(select(func.pg_advisory_xact_lock(beginning.process_id.int % 2**63)))
    if _is_begun(session, actor, beginning.process_id):
        return process_row(session, actor, beginning.process_id).process_id
    document = _document(sujeto(session, actor, whose), beginning, title, _start(session, actor, beginning))
    ocid = _free_ocid(session, actor, beginning.process_id)
    found = drafting.examine(ocid, document, natural_rfc_public=tenant(session, actor).natural_rfc_public)
    write = DocumentWrite(
        ocid,
        whose,
        document,
        process_id=beginning.process_id,
        error_count=len(found.errors),
        advice_count=len(found.advice),
    )
    return save_documents(session, actor, [write])[0].ref.process_id


def find_earlier(session: RwSession, actor: Actor, text: str) -> list[Earlier]:
    """Return the processes of the actor's body whose title, number or ocid hold the words, the newest first."""
    words = fold(text).split()[:MANY_WORDS]
    if not words:
        return []
    query = (
        select(ContractingProcess)
        .where(
            ContractingProcess.tenant_id == actor.tenant_id,
            ContractingProcess.sujeto_obligado_id == _body(actor),
            *(col(ContractingProcess.folded).contains(word, autoescape=True) for word in words),
        )
        .order_by(col(ContractingProcess.updated_at).desc(), col(ContractingProcess.process_id))
        .limit(MANY_FOUND)
    )
    return [Earlier(row.process_id, row.ocid, row.title, row.year) for row in session.exec(query)]


def templates(session: RwSession, actor: Actor) -> list[ProcessTemplate]:
    """Return the templates in use of the actor's body, by name, without their documents."""
    if actor.sujeto_obligado_id is None:
        return []
    rows = session.exec(
        select(ProcessTemplate)
        .where(
            ProcessTemplate.tenant_id == actor.tenant_id,
            ProcessTemplate.sujeto_obligado_id == actor.sujeto_obligado_id,
            col(ProcessTemplate.retired_at).is_(None),
        )
        .options(_WITHOUT_DOCUMENT)
        .limit(MANY_TEMPLATES)
    ).all()
    return sorted(rows, key=lambda row: fold(row.name))


def template(session: RwSession, actor: Actor, template_id: UUID) -> ProcessTemplate:
    """Return a template of the actor's body, in use or retired.

    Raises:
        NotFoundError: absent or another body's.
    """
    row = session.exec(
        select(ProcessTemplate).where(
            ProcessTemplate.tenant_id == actor.tenant_id, ProcessTemplate.template_id == template_id
        )
    ).one_or_none()
    if row is None or row.sujeto_obligado_id != actor.sujeto_obligado_id:
        raise NotFoundError("No encontramos esa plantilla.")
    return row


def save_template(session: RwSession, actor: Actor, process_id: UUID, name: str) -> ProcessTemplate:
    """Keep what a new process would take of a process under a name.

    Raises:
        NotFoundError: the process is absent or another's.
        InvalidError: no name, or too many templates.
        ConflictError: the body has a template of that name.
    """
    process = working_process(session, actor, process_id)
    require(actor, Permission.PROCESS_EDIT, process.sujeto_obligado_id)
    _require_name(session, actor, name)
    if len(templates(session, actor)) >= MANY_TEMPLATES:
        raise InvalidError(f"Se guardan hasta {MANY_TEMPLATES} plantillas: retira las que ya no usas.")
    row = ProcessTemplate(
        tenant_id=process_row(session, actor, process_id).tenant_id,
        sujeto_obligado_id=process.sujeto_obligado_id,
        process_id=process_id,
        name=_plain(name),
        document=kept(process.document),
        created_by=actor.account_id,
    )
    session.add(row)
    session.flush()
    audit.record(session, "template.save", "process_template", row.template_id, process=str(process_id))
    return row


def rename_template(session: RwSession, actor: Actor, template_id: UUID, name: str) -> None:
    """Give a template another name.

    Raises:
        NotFoundError: absent or another body's.
        InvalidError: no name.
        ConflictError: another template has it.
    """
    row = _template_to_change(session, actor, template_id)
    if _plain(name) == row.name:
        return
    _require_name(session, actor, name)
    row.name = _plain(name)
    session.flush()
    audit.record(session, "template.rename", "process_template", template_id)


def retire_template(session: RwSession, actor: Actor, template_id: UUID) -> None:
    """Offer a template no more; processes begun with it do not change."""
    row = _template_to_change(session, actor, template_id)
    if row.retired_at is None:
        row.retired_at = clock.now()
        session.flush()
        audit.record(session, "template.retire", "process_template", template_id)


def restore_template(session: RwSession, actor: Actor, template_id: UUID) -> None:
    """Offer a retired template again.

    Raises:
        ConflictError: another template has its name by now.
    """
    row = _template_to_change(session, actor, template_id)
    if row.retired_at is not None:
        _require_name(session, actor, row.name)
        row.retired_at = None
        session.flush()
        audit.record(session, "template.restore", "process_template", template_id)


def _template_to_change(session: RwSession, actor: Actor, template_id: UUID) -> ProcessTemplate:
    row = template(session, actor, template_id)
    require(actor, Permission.PROCESS_EDIT, row.sujeto_obligado_id)
    return row


def _require_name(session: RwSession, actor: Actor, name: str) -> None:
    plain = _plain(name)
    if not plain or len(plain) > LONGEST_NAME:
        raise InvalidError(f"Escribe un nombre de hasta {LONGEST_NAME} caracteres.")
    if any(fold(one.name) == fold(plain) for one in templates(session, actor)):
        raise ConflictError(f"Ya hay una plantilla llamada «{plain}»: elige otro nombre.")


def _plain(name: str) -> str:
    return " ".join(name.split())


def _body(actor: Actor) -> UUID:
    if actor.sujeto_obligado_id is None:
        raise ForbiddenError("Captura quien trabaja en un sujeto obligado.")
    return actor.sujeto_obligado_id


def _is_begun(session: RwSession, actor: Actor, process_id: UUID) -> bool:
    query = select(ContractingProcess.process_id).where(
        ContractingProcess.tenant_id == actor.tenant_id, ContractingProcess.process_id == process_id
    )
    return session.exec(query).first() is not None


def _free_ocid(session: RwSession, actor: Actor, process_id: UUID) -> str:
    """Return the tenant's prefix and the first digits of the identifier: eight, or more where those are taken."""
    own = prefixes(session, actor)
    if not own:
        raise InvalidError("El organismo garante todavía no tiene un prefijo OCID: pídele que lo registre.")
    names = [f"{own[0]}-{process_id.hex[:digits]}" for digits in range(8, 33, 4)]
    taken: Collection[str] = load_working(session, actor, names)
    return next(name for name in names if name not in taken)


def _start(session: RwSession, actor: Actor, beginning: Beginning) -> Document:
    """Return what the process begins with, besides what was asked for."""
    if beginning.template_id is not None:
        row = template(session, actor, beginning.template_id)
        if row.retired_at is not None:
            raise ConflictError(f"La plantilla «{row.name}» ya no se usa: elige otra.")
        return dict(row.document)
    if beginning.earlier:
        found = load_working(session, actor, [beginning.earlier]).get(beginning.earlier)
        if found is None or found.sujeto_obligado_id != actor.sujeto_obligado_id:
            raise NotFoundError("No encontramos esa contratación entre las de tu institución.")
        return kept(found.document)
    return {}


def _document(body: SujetoObligado, beginning: Beginning, title: str, start: Document) -> Document:
    held = start.get("tender")
    tender: Document = dict(held) if isinstance(held, dict) else {}
    if tender.get("procurementMethod") != METHODS[beginning.procedure]:
        tender.pop("procurementMethodRationale", None)  # why another procedure was chosen
    tender |= {"title": title, "status": "planning", "procurementMethod": METHODS[beginning.procedure]}
    tender["procurementMethodDetails"] = beginning.procedure
    if beginning.description.strip():
        tender["description"] = beginning.description.strip()
    own = own_party(body)
    reference = {"id": own["id"], "name": own["name"]}
    document = {"language": "es", "buyer": reference, **start}
    document["tender"] = {"procuringEntity": reference, **tender}
    parties = list(start.get("parties", []))
    roles = ["buyer"] * ("buyer" not in start) + ["procuringEntity"] * ("procuringEntity" not in tender)
    if roles:  # nothing said who: the body itself
        known = next((one for one in parties if one.get("id") == own["id"]), own)
        others = [one for one in parties if one is not known]
        parties = [{**known, "roles": list(dict.fromkeys([*known.get("roles", []), *roles]))}, *others]
    return {**document, "parties": parties}


def own_party(body: SujetoObligado) -> Document:
    """Return a body as a party: by its RFC where the padrón knows it, else by an id of ours that capture may replace."""
    identifier: Document = {"legalPersonality": "legalPerson", "legalName": body.name}
    if body.rfc:
        identifier |= {"scheme": "MX-RFC", "id": body.rfc}
        return {"name": body.name, "id": f"MX-RFC-{body.rfc}", "identifier": identifier}
    return {
        "name": body.name,
        "id": f"organization-{body.sujeto_obligado_id.hex[:8]}",
        "identifier": identifier,
    }
