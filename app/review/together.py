"""Pages of acts on many processes at once: what will happen, then what happened to each, with the way back."""

from collections import Counter
from dataclasses import dataclass

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from app.core.errors import BadRequestError
from app.core.policy import Permission, allowed, require
from app.identity.deps import ActorDep, TenantDep, WorkDep, guard
from app.processes.lists import ProcessRow
from app.processes.workflow import VERSIONS
from app.review import batches
from app.review.batches import ACTS, Outcome, Pick
from app.web.formats import plural
from app.web.forms import Sent
from app.web.shell import Link
from app.web.templating import page

together = APIRouter(include_in_schema=False, prefix="/{tenant}/procesos-internos/lote")

PERMISSIONS = {
    "submit": Permission.PROCESS_SUBMIT,
    "recall": Permission.PROCESS_SUBMIT,
    "discard": Permission.PROCESS_DISCARD,
    "restore": Permission.PROCESS_DISCARD,
    # Who decides depends on the policy of each: the act itself asks.
    "approve": Permission.PROCESS_READ,
    "revoke": Permission.PROCESS_READ,
}
ASKED = {
    "submit": ("¿Enviar a revisión {count}?", "Enviar a revisión"),
    "discard": ("¿Descartar {count}?", "Descartar"),
    "approve": ("¿Aprobar {count}?", "Aprobar"),
}
"""Act that a list offers -> its question and its button."""
UNDO = {
    "recall": "Deshacer: retirar de revisión",
    "restore": "Deshacer: recuperar los borradores",
    "revoke": "Deshacer: anular las aprobaciones",
}


@dataclass(frozen=True)
class AskPage:
    """Context of `review/batch_ask.html`; of each pick the row, and why it will not do ("" where it will)."""

    crumbs: tuple[Link, ...]
    here: str
    base: str
    question: str
    consequence: str
    button: str
    kind: str
    able: tuple[tuple[Pick, ProcessRow], ...]
    unable: tuple[tuple[ProcessRow, str], ...]


@dataclass(frozen=True)
class DonePage:
    """Context of `review/batch_done.html`."""

    crumbs: tuple[Link, ...]
    base: str
    here: str
    title: str
    done: tuple[Outcome, ...]
    refused: tuple[Outcome, ...]
    undo: str
    undo_address: str


@together.post("", dependencies=[Depends(guard(Permission.PROCESS_READ))])
def ask(request: Request, view: TenantDep, actor: ActorDep, session: WorkDep, sent: Sent) -> Response:
    """Tell what the act chosen would do to the versions ticked."""
    action = sent.text("acto")
    chosen = batches.picks(sent.texts.get("elegido", []))
    if action not in ASKED:
        raise BadRequestError("El formulario no dice qué hacer: vuelve a la lista y elige un botón.")
    require(actor, PERMISSIONS[action])
    if action == "approve" and not allowed(actor, Permission.PROCESS_APPROVE_SELF):
        require(actor, Permission.PROCESS_APPROVE_GARANTE)
    rows = batches.rows(session, actor, chosen)
    by_process = {pick.process_id: pick for pick in chosen}
    able, unable = [], []
    reasons = batches.unclean(session, actor, rows.values()) if action == "approve" else {}
    for row in rows.values():
        why = _why_not(action, row, by_process[row.process_id]) or reasons.get(row.process_id, "")
        if why:
            unable.append((row, why))
        else:
            able.append((by_process[row.process_id], row))
    question, button = ASKED[action]
    home = f"{view.base}/procesos-internos"
    context = AskPage(
        crumbs=(Link("Procesos", home),),
        here=f"{home}/lote/{ACTS[action].segment}",
        base=view.base,
        question=question.format(count=plural(len(able), "versión", "versiones")),
        consequence=_consequence(action, able),
        button=button,
        kind="danger" if action == "discard" else "primary",
        able=tuple(able),
        unable=tuple(unable),
    )
    return page(request, "review/batch_ask.html", context)


def _post(action: str) -> None:
    """Give an act on many its address. It answers with what became of each: no address could hold that."""

    def act(request: Request, view: TenantDep, actor: ActorDep, session: WorkDep, sent: Sent) -> Response:
        outcomes = batches.act_on(session, actor, action, batches.picks(sent.texts.get("elegido", [])))
        done = tuple(one for one in outcomes if not one.refusal)
        home, undo = f"{view.base}/procesos-internos", ACTS[action].undone_by
        context = DonePage(
            crumbs=(Link("Procesos", home),),
            base=view.base,
            here=home,
            title=plural(len(done), *ACTS[action].done) if done else "Ninguna versión cambió",
            done=done,
            refused=tuple(one for one in outcomes if one.refusal),
            undo=UNDO[undo] if undo and done else "",
            undo_address=f"{home}/lote/{ACTS[undo].segment}" if undo else "",
        )
        return page(request, "review/batch_done.html", context)

    together.add_api_route(
        f"/{ACTS[action].segment}",
        act,
        methods=["POST"],
        name=f"many_{action}",
        dependencies=[Depends(guard(PERMISSIONS[action]))],
    )


for _action in ACTS:
    _post(_action)


def _why_not(action: str, row: ProcessRow, pick: Pick) -> str:
    """Return what is known to stand in the way; the act itself looks again."""
    if VERSIONS.find(action, row.status, row.policy) is None:
        return f"Está en «{VERSIONS.statuses[row.status]}»."
    if row.row_version != pick.row_version:
        return "Alguien guardó cambios después de que viste la lista."
    if action == "submit" and row.error_count and not row.is_stale:
        return f"Tiene {plural(row.error_count, 'error que impide', 'errores que impiden')} publicarla."
    return ""


def _consequence(action: str, able: list[tuple[Pick, ProcessRow]]) -> str:
    if not able:
        return "Ninguna de las que marcaste puede seguir: abajo se dice por qué."
    if action == "discard":
        return (
            "Se quitarán de la mesa. Lo ya publicado no cambia, y puedes recuperarlas durante 30 días, "
            "todas juntas enseguida o una por una después."
        )
    if action == "approve":
        return "Las que no tienen errores ni observaciones sin resolver quedarán listas para publicar. Puedes deshacerlo enseguida."
    policies = Counter(row.policy for _, row in able)
    who = "el organismo garante" if policies["garante"] else "quien publica en tu institución"
    return f"Nadie las editará mientras decide {who}. Cada una se valida al enviarla; la que tenga errores se queda en borrador."
