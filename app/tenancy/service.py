"""Writing tenants: applying declarations, adding prefixes and bodies."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from app.core import audit, clock
from app.core.db import Actor, Database, RwSession
from app.core.errors import ConflictError, InvalidError
from app.core.folding import fold
from app.core.tables import new_id
from app.tenancy import queries
from app.tenancy.declarations import TenantDeclaration
from app.tenancy.models import OcidPrefix, SujetoObligado, Tenant, TenantHost, TenantName


@dataclass(frozen=True, slots=True)
class Applied:
    """What applying one declaration did: "created", "changed" or "unchanged".

    `kept` names what the declaration says otherwise but the garante decided on its own pages, which holds.
    """

    slug: str
    outcome: str
    kept: tuple[str, ...] = ()


def apply(database: Database, declarations: Sequence[TenantDeclaration]) -> list[Applied]:
    """Make the database say what the declarations say; a second time changes nothing.

    What a garante decided on its own pages stays as it decided (docs/adr/0031).

    A prefix once listed stays, whatever the declaration says later: an ocid never changes its owner.

    Args:
        database: written as the owner, bound to one tenant after the other.
        declarations: checked already, each slug once.
    """
    with database.public_reading() as session:
        known = {row.slug: row for row in session.exec(select(Tenant)).all()}
    applied: list[Applied] = []
    for declaration in declarations:
        digest = hashlib.sha256(declaration.model_dump_json().encode()).hexdigest()
        row = known.get(declaration.slug)
        # What is left of a deleted tenant says who it was; no declaration brings it back.
        if row is not None and (row.declaration_sha256 == digest or row.status == "deleted"):
            applied.append(Applied(declaration.slug, "unchanged"))
            continue
        tenant_id = row.tenant_id if row else new_id()
        with database.owner_work(Actor(tenant_id=tenant_id)) as session:
            kept = _apply_one(session, tenant_id, declaration, digest)
        applied.append(Applied(declaration.slug, "changed" if row else "created", kept))
    return applied


def found(database: Database, operator: Actor, declaration: TenantDeclaration) -> UUID:
    """Make one tenant that is not there yet, on behalf of an operator; returns its identifier.

    Raises:
        ConflictError: the slug, a host or a prefix is another tenant's.
    """
    tenant_id = new_id()
    digest = hashlib.sha256(declaration.model_dump_json().encode()).hexdigest()
    try:
        with database.owner_work(replace(operator, tenant_id=tenant_id)) as session:
            _apply_one(session, tenant_id, declaration, digest)
            audit.record(session, "tenant.found", "tenant", tenant_id, slug=declaration.slug)
    except IntegrityError as error:
        raise ConflictError(
            "La dirección, el dominio o el prefijo OCID ya son de otro organismo: elige otros."
        ) from error
    return tenant_id


def _apply_one(
    session: Session, tenant_id: UUID, declaration: TenantDeclaration, digest: str
) -> tuple[str, ...]:
    values: dict[str, Any] = {
        "slug": declaration.slug,
        "state_code": declaration.state.inegi,
        "pnt_prefix": declaration.state.pnt,
        "time_zone": declaration.time_zone,
        "licence": declaration.licence.url or declaration.licence.name,
        "policy_text": declaration.publication.text,
        "policy_url": declaration.publication.url,
        "natural_rfc_public": declaration.privacy.natural_rfc_public,
        "default_policy": declaration.workflow.policy,
        "accent": declaration.theme.accent,
        "is_national": declaration.federation,
        "declaration_sha256": digest,
        "updated_at": clock.now(),
    }
    held = session.get(Tenant, tenant_id, with_for_update=True)
    decided = frozenset(held.decided if held else ())
    kept = tuple(name for name, value in values.items() if name in decided and getattr(held, name) != value)
    changing = {name: value for name, value in values.items() if name not in decided}
    session.execute(
        insert(Tenant)
        .values(tenant_id=tenant_id, **values)
        .on_conflict_do_update(index_elements=["tenant_id"], set_=changing)
    )
    if "names" in decided:
        kept += ("names",)
    else:
        _name(session, tenant_id, declaration)
    session.execute(delete(TenantHost).where(col(TenantHost.tenant_id) == tenant_id))
    session.add_all(TenantHost(tenant_id=tenant_id, host=host) for host in declaration.hosts)
    session.flush()
    _list_prefixes(session, tenant_id, declaration)
    return kept


def _name(session: Session, tenant_id: UUID, declaration: TenantDeclaration) -> None:
    session.execute(delete(TenantName).where(col(TenantName.tenant_id) == tenant_id))
    for position, name in enumerate(declaration.names):
        session.add(
            TenantName(
                tenant_id=tenant_id,
                position=position,
                name=name.name,
                short_name=name.short_name,
                valid_from=name.valid_from,
                valid_to=name.valid_to,
                law=name.law.text,
                source=name.fuente,
                verified=name.verificado,
            )
        )


def _list_prefixes(session: Session, tenant_id: UUID, declaration: TenantDeclaration) -> None:
    for position, prefix in enumerate(declaration.ocid_prefixes):
        session.execute(
            insert(OcidPrefix)
            .values(
                tenant_id=tenant_id,
                prefix=prefix.prefix,
                kind=prefix.kind,
                position=position,
                source=prefix.fuente,
            )
            .on_conflict_do_update(
                index_elements=["tenant_id", "prefix"],
                set_={"kind": prefix.kind, "position": position, "source": prefix.fuente},
            )
        )


def add_prefix(session: RwSession, actor: Actor, prefix: str) -> None:
    """List one more OCID prefix as the tenant's own, for ever.

    Raises:
        ConflictError: another tenant uses it.
    """
    # A prefix of another tenant is invisible behind the wall; the unique key still stops it.
    done = session.execute(
        insert(OcidPrefix)
        .values(tenant_id=actor.tenant_id, prefix=prefix, kind="used", position=1000, source="importación")
        .on_conflict_do_nothing()
        .returning(col(OcidPrefix.prefix))
    ).first()
    if done is None and prefix not in queries.prefixes(session, actor):
        raise ConflictError(f"El prefijo «{prefix}» ya lo usa otro organismo garante.")
    if done is not None:
        audit.record(session, "tenant.add_prefix", "ocid_prefix", prefix)


def sort_key(name: str) -> str:
    """Return the key by which a name is ordered: lower case, without accents (no ICU on every server)."""
    return fold(name)


def add_sujeto(
    session: RwSession,
    actor: Actor,
    *,
    key: str,
    name: str,
    policy: str = "garante",
    rfc: str = "",
    pnt_id: str = "",
    scope: str = "",
    branch: str = "",
) -> SujetoObligado:
    """Enter a body in the tenant's padrón; one that is there already is returned as it is.

    Raises:
        InvalidError: the name or the key is empty.
    """
    if not key.strip() or not name.strip():
        raise InvalidError("El sujeto obligado necesita una clave y un nombre.")
    found = session.exec(
        select(SujetoObligado).where(SujetoObligado.tenant_id == actor.tenant_id, SujetoObligado.key == key)
    ).one_or_none()
    if found is not None:
        return found
    if actor.tenant_id is None:
        raise InvalidError("Falta decir en qué organismo garante.")
    row = SujetoObligado(
        tenant_id=actor.tenant_id,
        key=key,
        name=name,
        sort_key=sort_key(name),
        policy=policy,
        rfc=rfc,
        pnt_id=pnt_id,
        scope=scope,
        branch=branch,
    )
    session.add(row)
    session.flush()
    audit.record(session, "padron.add", "sujeto_obligado", row.sujeto_obligado_id, key=key)
    return row
