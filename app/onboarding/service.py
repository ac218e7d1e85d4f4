"""Acts on single bodies: enter, edit, rename, suspend, bring back, join with others, and who approves its publications.

Each leaves a note in the body's history and in the audit; those of authority stand in the public log too. Files of
bodies: `loading`.
"""

from dataclasses import replace
from datetime import date
from uuid import UUID

from sqlmodel import col, select

from app.core import clock, locks, outbox, public_log
from app.core.db import Actor, Database, RwSession
from app.core.errors import ConflictError, ForbiddenError, InvalidError, StaleError
from app.core.folding import fold
from app.core.jobs import apart
from app.core.sheets import clean
from app.core.tables import among, new_id
from app.ocds.identifiers import check_rfc
from app.onboarding.history import Note, Renaming, keep_names, note
from app.onboarding.loading import key_of
from app.onboarding.models import KINDS, SujetoLineage
from app.onboarding.policy import require_keeper
from app.onboarding.reading import EMAIL, LONGEST
from app.onboarding.wording import BRANCHES, KEY, NO_KEY, POLICIES, SCOPES, TOLD
from app.onboarding.workflow import BODIES
from app.tenancy import queries as tenancy
from app.tenancy.models import SujetoObligado

LONGEST_GRANT = 366
"""Days for which `single` may be granted at once."""


def add(session: RwSession, actor: Actor, values: dict[str, str]) -> SujetoObligado:
    """Enter a body by hand.

    Args:
        session: bound to the actor.
        actor: who keeps the padrón.
        values: column → text; `key` and those of `wording.TOLD`.

    Raises:
        InvalidError: a value is missing or not of its form.
        ConflictError: its key or its id is another's.
    """
    require_keeper(actor)
    if actor.tenant_id is None:
        raise ForbiddenError
    told = _told(values) | {"key": clean(values.get("key", ""))}
    if told["key"] and not KEY.fullmatch(told["key"]):
        raise InvalidError(f"La clave {NO_KEY}.")
    sujeto_id = new_id()
    body = SujetoObligado(
        tenant_id=actor.tenant_id,
        sujeto_obligado_id=sujeto_id,
        sort_key=fold(told["name"]),
        policy=tenancy.tenant(session, actor).default_policy,
        key=key_of(told, sujeto_id),
        name=told["name"],
    )
    for name in TOLD:
        setattr(body, name, told[name])
    _alone(session, actor, body)
    session.add(body)
    session.flush()
    note(session, actor, [Note(sujeto_id, 1, "add")])
    _tell(session, body)
    return body


def edit(
    session: RwSession, actor: Actor, sujeto_id: UUID, row_version: int, values: dict[str, str]
) -> SujetoObligado:
    """Change what the padrón says of a body; its name changes by `rename` alone.

    Raises:
        InvalidError: a value is not of its form.
        ConflictError: its id is another's.
        StaleError: somebody else changed it meanwhile.
    """
    body = _held(session, actor, sujeto_id, row_version)
    told = _told(values | {"name": body.name})
    changed = {name: [getattr(body, name), told[name]] for name in TOLD if getattr(body, name) != told[name]}
    if changed:
        for name, (_, after) in changed.items():
            setattr(body, name, after)
        with session.no_autoflush:
            _alone(session, actor, body)
        _note(session, actor, body, Note(sujeto_id, 0, "change", changed))
    return body


def rename(
    session: RwSession,
    actor: Actor,
    sujeto_id: UUID,
    row_version: int,
    *,
    name: str,
    since: date,
    ground: str,
) -> SujetoObligado:
    """Give a body another name from a day on; what was published keeps the name it had.

    Args:
        session: bound to the actor.
        actor: who keeps the padrón.
        sujeto_id: of the body.
        row_version: that the person saw.
        name: the new one.
        since: the first day of it, today or before.
        ground: the law or decree that says so.

    Raises:
        InvalidError: the name is empty or the same, or the day is to come.
        StaleError: somebody else changed it meanwhile.
    """
    body = _held(session, actor, sujeto_id, row_version)
    name = clean(name)
    if not name or len(name) > LONGEST or name == body.name:
        raise InvalidError(f"Escribe el nuevo nombre, distinto del actual y de {LONGEST} caracteres o menos.")
    _not_to_come(session, actor, since)
    keep_names(session, actor, [Renaming(body.sujeto_obligado_id, body.name, name)], since, clean(ground))
    changed = {"name": [body.name, name], "since": ["", since.isoformat()]}
    body.name, body.sort_key = name, fold(name)
    _note(session, actor, body, Note(sujeto_id, 0, "rename", changed, clean(ground)))
    return body


def suspend(
    session: RwSession, actor: Actor, sujeto_id: UUID, row_version: int, *, reason: str
) -> SujetoObligado:
    """Let a body begin no new work; its people go on seeing it, and what is published stays.

    Raises:
        InvalidError: no reason is given.
        ConflictError: it does not work now.
        StaleError: somebody else changed it meanwhile.
    """
    body = _held(session, actor, sujeto_id, row_version)
    return _stand(session, actor, body, "suspend", _reason(reason))


def reactivate(
    session: RwSession, actor: Actor, sujeto_id: UUID, row_version: int, *, reason: str
) -> SujetoObligado:
    """Let a suspended body work again.

    Raises:
        InvalidError: no reason is given.
        ConflictError: it is not suspended.
        StaleError: somebody else changed it meanwhile.
    """
    body = _held(session, actor, sujeto_id, row_version)
    return _stand(session, actor, body, "reactivate", _reason(reason))


def join(
    session: RwSession,
    actor: Actor,
    sujeto_id: UUID,
    row_version: int,
    *,
    kind: str,
    successor_id: UUID,
    since: date,
    ground: str,
) -> SujetoObligado:
    """Record that a body's duties, or some of them, passed to another; nothing of its work is moved.

    Args:
        session: bound to the actor.
        actor: who keeps the padrón.
        sujeto_id: of the body whose duties pass.
        row_version: of that body, as the person saw it.
        kind: `merge` or `succession` (it works no more), or `split` (it goes on).
        successor_id: who takes them over, an active body of the same tenant.
        since: from what day, today or before.
        ground: the law or decree that says so.

    Raises:
        InvalidError: the ground is missing, the day is to come, or a body would succeed itself.
        ConflictError: one of them was merged away, or this is recorded already.
        StaleError: somebody else changed it meanwhile.
    """
    require_keeper(actor)
    _lock(session, actor, sujeto_id, successor_id)
    body = _held(session, actor, sujeto_id, row_version)
    ground = _reason(ground, "Escribe el fundamento: el decreto o la ley que lo dispone.")
    if kind not in KINDS or successor_id == sujeto_id:
        raise InvalidError("Elige qué ocurrió y a qué otro sujeto obligado pasan sus funciones.")
    _not_to_come(session, actor, since)
    successor = tenancy.sujeto(session, actor, successor_id)
    if successor.status != "active":
        raise ConflictError("El sujeto obligado que recibe debe estar activo.")
    if session.get(SujetoLineage, (body.tenant_id, sujeto_id, successor_id)):
        raise ConflictError("Ya consta que sus funciones pasaron a ese sujeto obligado.")
    session.add(
        SujetoLineage(
            tenant_id=body.tenant_id,
            predecessor_id=sujeto_id,
            successor_id=successor_id,
            kind=kind,
            since=since,
            ground=ground,
        )
    )
    changed = {"successor": ["", successor.name], "since": ["", since.isoformat()]}
    before = body.status
    BODIES.apply(body, kind)
    if body.status != before:
        changed["status"] = [before, body.status]
    _note(session, actor, body, Note(sujeto_id, 0, kind, changed, ground))
    taken = {"predecessor": ["", body.name], "since": ["", since.isoformat()]}
    _note(session, actor, successor, Note(successor_id, 0, kind, taken, ground))
    public_log.tell(
        session,
        "succession",
        sujeto_obligado_id=sujeto_id,
        ground=ground,
        act=kind,
        since=since.isoformat(),
        before=body.name,
        after=successor.name,
    )
    return body


def set_policy(
    session: RwSession,
    actor: Actor,
    sujeto_id: UUID,
    row_version: int,
    *,
    policy: str,
    reason: str,
    until: date | None = None,
) -> SujetoObligado:
    """Say who approves a body's publications.

    Args:
        session: bound to the actor.
        actor: who keeps the padrón.
        sujeto_id: of the body.
        row_version: that the person saw.
        policy: one of `tenancy.models.POLICIES`.
        reason: for everyone to read; it stands in the public log.
        until: the last day of `single`, at most a year ahead; of no other policy.

    Raises:
        InvalidError: no such policy, no reason, or `single` without a day that it ends on.
        StaleError: somebody else changed it meanwhile.
    """
    body = _held(session, actor, sujeto_id, row_version)
    reason = _reason(reason)
    if policy not in POLICIES:
        raise InvalidError("Elige una de las políticas.")
    if policy == "single":
        today = tenancy.today(session, actor)
        if until is None or not 0 < (until - today).days <= LONGEST_GRANT:
            raise InvalidError("Di hasta qué día: después de hoy y, cuando más, dentro de un año.")
    else:
        until = None
    if (policy, until) == (body.policy, body.single_until):
        return body
    changed = {"policy": [body.policy, policy]}
    if until or body.single_until:
        changed["single_until"] = [_day(body.single_until), _day(until)]
    if policy == "single" and body.policy != "single":
        body.policy_before = body.policy
    elif policy != "single":
        body.policy_before = ""
    before = body.policy
    body.policy, body.single_until = policy, until
    _note(session, actor, body, Note(sujeto_id, 0, "policy", changed, reason))
    kind = "single_grant" if policy == "single" else "policy_change"
    public_log.tell(
        session,
        kind,
        sujeto_obligado_id=sujeto_id,
        reason=reason,
        before=before,
        after=policy,
        **({"until": until.isoformat()} if until else {}),
    )
    return body


def end_single_grants(database: Database) -> int:
    """Give every body whose grant of `single` ended before today its former policy back; return how many."""
    with database.public_reading() as session:
        granted = session.exec(
            select(SujetoObligado.tenant_id, SujetoObligado.sujeto_obligado_id).where(
                SujetoObligado.policy == "single", col(SujetoObligado.single_until) <= clock.now().date()
            )
        ).all()
    ended = 0
    for tenant_id, body in granted:
        with apart(ending_the_grant_of=str(body)):
            ended += _end(database, Actor(tenant_id=tenant_id, role="system"), body)
    return ended


def _end(database: Database, actor: Actor, sujeto_id: UUID) -> bool:
    with database.unit_of_work(actor) as session:
        body = session.get_one(SujetoObligado, (actor.tenant_id, sujeto_id), with_for_update=True)
        # In the tenant's own day, and seen under the lock: another worker may have been first.
        if (
            body.policy != "single"
            or body.single_until is None
            or body.single_until >= tenancy.today(session, actor)
        ):
            return False
        set_policy(
            session,
            actor,
            sujeto_id,
            body.row_version,
            policy=body.policy_before or "garante",
            reason="Terminó el plazo por el que se concedió publicar con persona única.",
        )
        return True


def _lock(session: RwSession, actor: Actor, *bodies: UUID) -> None:
    """Keep bodies from others, always in the same order: two who name them the other way round do not block each other."""
    session.exec(
        select(SujetoObligado)
        .where(SujetoObligado.tenant_id == actor.tenant_id, among(SujetoObligado.sujeto_obligado_id, bodies))
        .order_by(col(SujetoObligado.sujeto_obligado_id))
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()


def _held(session: RwSession, actor: Actor, sujeto_id: UUID, row_version: int) -> SujetoObligado:
    require_keeper(actor)
    tenancy.sujeto(session, actor, sujeto_id)
    body = session.get_one(
        SujetoObligado, (actor.tenant_id, sujeto_id), with_for_update=True, populate_existing=True
    )
    if body.row_version != row_version:
        raise StaleError("Alguien cambió esta ficha mientras la veías. Revisa cómo quedó y repite tu cambio.")
    return body


def _stand(session: RwSession, actor: Actor, body: SujetoObligado, act: str, reason: str) -> SujetoObligado:
    before = body.status
    BODIES.apply(body, act)
    _note(
        session, actor, body, Note(body.sujeto_obligado_id, 0, act, {"status": [before, body.status]}, reason)
    )
    public_log.tell(session, "suspension", sujeto_obligado_id=body.sujeto_obligado_id, reason=reason, act=act)
    return body


def _note(session: RwSession, actor: Actor, body: SujetoObligado, told: Note) -> None:
    """Write an act into a body's history under the body's next version."""
    body.row_version += 1
    session.flush()
    note(session, actor, [replace(told, row_version=body.row_version)])
    _tell(session, body)


def _tell(session: RwSession, body: SujetoObligado) -> None:
    outbox.emit(session, "padron.changed", [{"sujeto_obligado_id": str(body.sujeto_obligado_id)}])


def _told(values: dict[str, str]) -> dict[str, str]:
    """Return the columns of a body, cleaned; the first that is not of its form is refused."""
    told = {name: clean(values.get(name, "")) for name in TOLD}
    for name in TOLD:
        if len(told[name]) > LONGEST:
            raise InvalidError(f"Un dato pasa de {LONGEST} caracteres. Acórtalo.", extra={"field": name})
    if not told["name"]:
        raise InvalidError("Escribe el nombre del sujeto obligado.", extra={"field": "name"})
    if told["rfc"]:
        checked = check_rfc(told["rfc"])
        if checked.fault:
            raise InvalidError(checked.fault, extra={"field": "rfc"})
        told["rfc"] = checked.number
    if told["contact_email"] and not EMAIL.fullmatch(told["contact_email"]):
        raise InvalidError(
            "Escribe el correo completo, como enlace@ejemplo.gob.mx.", extra={"field": "contact_email"}
        )
    for name, options in (("scope", SCOPES), ("branch", BRANCHES)):
        if told[name] and told[name] not in options:
            raise InvalidError("Elige una de las opciones.", extra={"field": name})
    return told


def _alone(session: RwSession, actor: Actor, body: SujetoObligado) -> None:
    """Refuse a key or an id in the PNT that another body has; two who enter bodies at once wait for each other."""
    locks.wait_for(session, f"padron:{actor.tenant_id}")
    for name, label in (("key", "La clave"), ("pnt_id", "El ID de la PNT")):
        value = getattr(body, name)
        others = select(SujetoObligado.name).where(
            SujetoObligado.tenant_id == actor.tenant_id,
            SujetoObligado.sujeto_obligado_id != body.sujeto_obligado_id,
            getattr(SujetoObligado, name) == value,
        )
        if value and (other := session.exec(others).first()):
            raise ConflictError(f"{label} «{value}» ya es de «{other}».", extra={"field": name})


def _reason(text: str, otherwise: str = "Escribe el motivo: quedará a la vista de cualquiera.") -> str:
    reason = clean(text)
    if not reason or len(reason) > LONGEST:
        raise InvalidError(otherwise)
    return reason


def _not_to_come(session: RwSession, actor: Actor, day: date) -> None:
    if day > tenancy.today(session, actor):
        raise InvalidError("La fecha no puede ser posterior a hoy: regístralo cuando entre en vigor.")


def _day(day: date | None) -> str:
    return day.isoformat() if day else ""
