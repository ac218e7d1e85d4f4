"""`python -m tools.documentation`: write the pages of docs/ that are told by tables in the code.

tests/docs compares them, so a transition or a permission cannot change without its page.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from types import ModuleType

from app.attachments.workflow import FILES
from app.continuity.workflow import ACTS, EXPORTS, TENANTS
from app.core.policy import PLATFORM_ROLES, ROLE_LABELS, ROLES, TENANT_ROLES, Permission
from app.core.workflow import Machine, Transition, Verdict
from app.identity.workflow import MEMBERSHIPS
from app.imports.workflow import RUNS
from app.ocds.checks import RULES
from app.onboarding.workflow import BODIES
from app.processes.workflow import OBSERVATIONS, POLICY_LABELS, VERSIONS
from app.publication.workflow import RESERVATIONS, WITHDRAWALS
from app.simple.columns import COLUMNS
from app.simple.columns import VERSION as SHEET_VERSION
from app.simple.writing import STEPS, shown
from app.sipot.mapping import VERSION as MAPPING_VERSION
from tools import capture_fields, flags_page, quality_page, sipot_mapping
from tools.rule_sources import ELSEWHERE, INCUMBENT, PELICAN, WARNINGS

DOCS = Path(__file__).parents[1] / "docs"
GENERATED = "Esta página se genera: la escribe `python -m tools.documentation` y una prueba la compara."

POLICIES = {
    "self": "el propio sujeto obligado aprueba y publica",
    "garante": "el organismo garante aprueba; el sujeto obligado publica",
    "direct": "lo que llega por importación de un sistema de confianza se publica sin revisión",
    "single": "publica la única persona activa del sujeto obligado, con permiso temporal del garante",
}

PERMISSIONS = {
    Permission.PROCESS_READ: "consultar los procesos de contratación, también los que aún no se publican",
    Permission.PROCESS_EDIT: "capturar y corregir",
    Permission.PROCESS_IMPORT: "importar archivos",
    Permission.PROCESS_SUBMIT: "enviar a revisión y retirar lo que uno envió",
    Permission.PROCESS_DISCARD: "descartar borradores y recuperarlos",
    Permission.PROCESS_APPROVE_SELF: "aprobar o devolver, donde aprueba el sujeto obligado",
    Permission.PROCESS_APPROVE_GARANTE: "aprobar o devolver, donde aprueba el organismo garante",
    Permission.PROCESS_PUBLISH: "publicar lo aprobado",
    Permission.PROCESS_RESERVE: "reservar campos o documentos, con su fundamento, plazo y prueba de daño",
    Permission.WITHDRAWAL_REQUEST: "pedir que se retire lo publicado",
    Permission.WITHDRAWAL_APPROVE: "decidir sobre los retiros que se piden",
    Permission.PARTY_EDIT: "mantener el registro de proveedores, personas servidoras públicas, áreas e instituciones",
    Permission.CATALOG_MANAGE: "cargar y mantener los catálogos",
    Permission.AUDIT_READ: "consultar la bitácora",
    Permission.PADRON_READ: "consultar el padrón de sujetos obligados",
    Permission.PADRON_MANAGE: "cargar y mantener el padrón de sujetos obligados",
    Permission.PEOPLE_MANAGE: "invitar personas, darles funciones y quitárselas, en su organismo o en su sujeto obligado",
    Permission.CLIENT_MANAGE: "dar acceso a sistemas y quitárselo",
    Permission.WEBHOOK_MANAGE: "registrar las direcciones que reciben cada cambio, y cuidarlas",
    Permission.REMINDER_SEND: "enviar recordatorios",
    Permission.TENANT_MANAGE: "decidir la política de publicación, la identidad, los calendarios y el acceso",
    Permission.TENANT_EXPORT: "llevarse todo lo que el organismo tiene en el servicio",
    Permission.ADOPTION_READ: "consultar cuánto se publica",
    Permission.PLATFORM_READ: "consultar el estado de la plataforma",
    Permission.PLATFORM_MANAGE: "crear organismos, suspenderlos y trasladar sujetos obligados",
}


def workflow() -> str:
    """Return the page of a version's life."""
    return _page(
        "Flujo de publicación",
        "Una contratación se trabaja por versiones; cada una recorre estos estados. De aquí salen los botones, "
        "lo que el servicio permite y lo que las pruebas revisan (`app/processes/workflow.py`).",
        "## Estados",
        _table(("estado", "clave"), ((label, f"`{status}`") for status, label in VERSIONS.statuses.items())),
        "```mermaid\nstateDiagram-v2\n" + "\n".join(_arrows(VERSIONS)) + "\n```",
        "## Actos",
        _table(
            ("acto", "de", "a", "quién", "política", "condición"),
            map(partial(_act, VERSIONS), VERSIONS.transitions),
        ),
        "## Observaciones",
        "Cada observación es una conversación sobre un dato. Sigue a la contratación hasta que se resuelve, también de "
        "una versión a la siguiente.",
        *_life(OBSERVATIONS),
        "## Plazos",
        "Quien decide tiene los días hábiles que fija el organismo garante, contados con su calendario desde que se "
        "envía; quien corrige, los mismos desde que se devuelve. Vencidos, se dice en las listas; nada se decide solo.",
        "## Correcciones",
        "Lo publicado no se toca: una corrección es otra entrega. Si cambia o quita un dato ya publicado, se envía con su "
        "motivo, que sale en la bitácora pública junto con ella. Agregar datos y avanzar de etapa no es corregir.",
        "## Políticas de publicación",
        "El organismo garante elige una para cada sujeto obligado.",
        _table(
            ("política", "clave", "qué significa"),
            ((POLICY_LABELS[key], f"`{key}`", words) for key, words in POLICIES.items()),
        ),
        "## Separación de funciones",
        "Quien cambió una versión no la aprueba ni la devuelve, aunque otra de sus funciones se lo permitiera; tampoco "
        "quien actúa con una función que le prestó quien la cambió. Solo donde publica una sola persona puede ella aprobar "
        "lo suyo, después de ver otra vez la diferencia y de confirmar su acceso: la versión queda marcada, y el "
        "organismo garante la mira después de publicada.",
        "## Retiros",
        "Quitar de la publicación una entrega, o toda la contratación (`app/publication/workflow.py`). Los bytes se borran de "
        "verdad; la cadena guarda la huella y el fundamento, y la dirección responde 410. Si se pide, también se testan los "
        "borradores y la historia: quedan los renglones, sin lo que decían.",
        *_life(WITHDRAWALS),
        "## Reservas",
        "Datos o documentos que se dejan fuera de las entregas, con fundamento, plazo y prueba de daño. Mientras una espera "
        "decisión, su contratación no se publica.",
        *_life(RESERVATIONS),
        "## Importaciones",
        "Un archivo que se importa recorre estos estados (`app/imports/workflow.py`); los que nadie "
        "pide los hace el sistema.",
        *_life(RUNS),
        "## Archivos",
        "Un archivo que se adjunta a una contratación (`app/attachments/workflow.py`). Sin antivirus configurado nace "
        "listo. Es público desde que se publica la primera entrega que lo enlaza; un original reservado, nunca.",
        *_life(FILES),
        "## Sujetos obligados",
        "Un sujeto obligado en el padrón (`app/onboarding/workflow.py`).",
        *_life(BODIES),
        "## Funciones de las personas",
        "Una función dura hasta que alguien la termina, o hasta el día en que se prestó (`app/identity/workflow.py`).",
        *_life(MEMBERSHIPS),
        "## Organismos garantes",
        "Un organismo garante en la plataforma (`app/continuity/workflow.py`); lo que necesita a dos personas se pide y se "
        "acepta antes.",
        *_life(TENANTS),
        *_life(ACTS),
        "## Exportaciones",
        "El archivo con todo lo que un organismo tiene en el servicio.",
        *_life(EXPORTS),
        "## La vida de un organismo",
        "Del organismo mismo, de los actos que piden dos personas y de sus exportaciones (`app/continuity/workflow.py`, "
        "[continuity.md](continuity.md)).",
        *(
            part
            for machine in (TENANTS, ACTS, EXPORTS)
            for part in (
                "```mermaid\nstateDiagram-v2\n" + "\n".join(_arrows(machine)) + "\n```",
                _table(
                    ("acto", "de", "a", "quién", "política", "condición"),
                    map(partial(_act, machine), machine.transitions),
                ),
            )
        ),
    )


def permissions() -> str:
    """Return the page of roles and what each may do."""
    roles = (*TENANT_ROLES, *(role for role in ROLES if role not in TENANT_ROLES))
    return _page(
        "Funciones y permisos",
        "Una persona puede tener varias funciones, en uno o varios organismos, y elige con cuál trabaja. "
        "Las funciones `so_…` valen para un solo sujeto obligado (`app/core/policy.py`).",
        "## Qué permite cada función",
        *(
            f"### {ROLE_LABELS[role]} (`{role}`)\n\n"
            + "\n".join(f"- {PERMISSIONS[one]} (`{one}`)" for one in Permission if one in ROLES[role])
            for role in roles
        ),
        "## Quién tiene cada permiso",
        _table(
            ("permiso", "qué permite", "funciones"),
            (
                (f"`{one}`", PERMISSIONS[one], ", ".join(f"`{role}`" for role in roles if one in ROLES[role]))
                for one in Permission
            ),
        ),
        "## Quién puede qué en cada estado",
        "Una sola tabla: la leen el servicio al actuar, los botones y las pruebas, que la recorren entera. ✔ puede bajo "
        "cualquier política; si no, se dice bajo cuáles; — no puede. Un asterisco: con la condición que dice "
        "[el flujo](workflow.md).",
        *(text for machine, title in MATRICES for text in (f"### {title}", *_matrices(machine))),
    )


MATRICES = ((VERSIONS, "Versiones"), (OBSERVATIONS, "Observaciones"))


def _matrices(machine: Machine) -> Iterable[str]:
    """Yield a table per role that may do anything; then who may do nothing."""
    cells: dict[tuple[str, str, str], list[str]] = {}
    for cell in machine.matrix(POLICY_LABELS):
        if cell.verdict is Verdict.ALLOWED:
            cells.setdefault((cell.role, cell.action, cell.status), []).append(cell.policy)
    actions = {row.action: row.label for row in reversed(machine.transitions)}
    conditional = {row.action for row in machine.transitions if row.rule}
    idle = []
    for role in ROLES:
        able = [
            action
            for action in reversed(actions)
            if any((role, action, one) in cells for one in machine.statuses)
        ]
        if not able:
            idle.append(ROLE_LABELS[role])
            continue
        yield f"#### {ROLE_LABELS[role]}"
        yield _table(
            ("acto", *machine.statuses.values()),
            (
                (
                    actions[action] + ("*" if action in conditional else ""),
                    *(_answer_in(cells.get((role, action, status), [])) for status in machine.statuses),
                )
                for action in able
            ),
        )
    yield f"No hacen nada de esto: {', '.join(idle)}."


def _answer_in(policies: Sequence[str]) -> str:
    if len(policies) == len(POLICY_LABELS):
        return "✔"
    return ", ".join(f"`{policy}`" for policy in policies) or "—"


SEVERITIES = {"error": "impide publicar", "advice": "aconseja"}


def rules() -> str:
    """Return the page of what is asked of a document beyond the schema, and where each question comes from."""
    return _page(
        "Reglas de captura",
        "Lo que se revisa de una contratación mientras se captura, además del esquema del estándar. Aquí están las "
        "reglas sobre el sentido de los datos (`app/ocds/checks`), que aconsejan y no impiden publicar. Impiden "
        "publicar los errores de validación (`app/ocds/validation.py`): lo que un programa no podría leer. Lo que "
        "falta se dice aparte, junto a cada campo, según el modelo (`app/ocds/model`). Los montos en monedas "
        "distintas nunca se suman ni se comparan.",
        "## Reglas",
        _table(
            ("regla", "qué pide", "efecto", "de dónde viene"),
            (
                (f"`{rule.code}`", rule.title, SEVERITIES[rule.severity], "; ".join(rule.sources))
                for rule in RULES
            ),
        ),
        "## Qué fue de las reglas de la herramienta anterior",
        "Estas impedían publicar:",
        _table(("regla", "qué pedía", "qué fue de ella", "cómo"), map(_fate_of_error, INCUMBENT)),
        "Y estas solo avisaban:",
        _table(("aviso", "qué fue de él", "cómo"), WARNINGS),
        "## Revisiones de Pelican",
        "Las que mira sobre un campo, sobre una contratación reunida y entre dos publicaciones. Las que necesitan "
        "todo el conjunto de datos son de los informes de calidad.",
        _table(("revisión", "regla"), ((name.removeprefix("Pelican "), _answer(name)) for name in PELICAN)),
    )


def capture() -> str:
    """Return the page of every field that capture asks for."""
    return _page(
        "Campos de captura",
        "Cada campo del modelo, en la sección de captura que lo pide. Lo obligatorio y lo recomendado se piden cuando "
        "está lo que los contiene; lo opcional y vacío se ofrece plegado; lo que ya no se usa aparece solo si tiene "
        "valor. Lo que no procede en un procedimiento no se pide, y si ya tiene valor se muestra y se publica. De las "
        "personas morales, instituciones y servidores públicos se publica todo; de las personas físicas, lo que dice "
        "la tabla de privacidad (`app/ocds/model/privacy.py`).",
        *(
            text
            for title, rows in capture_fields.by_section()
            for text in (f"## {title}", _table(capture_fields.HEAD, rows))
        ),
    )


def sipot() -> str:
    """Return the page of what every SIPOT column is in OCDS."""
    return _page(
        "Columnas de SIPOT y OCDS",
        "Cada columna de los formatos de contrataciones de la PNT (43335, adjudicación directa; 43336, licitación e "
        "invitación; 28, unificado) y el dato de OCDS que le corresponde, en las dos direcciones "
        f"(`app/sipot/mapping.py`, versión {MAPPING_VERSION}). El número es el campo (`idCampo`) del formato conocido; "
        "los del libro de cada organismo garante se aprenden de él. En las adjudicaciones, contratos y participantes "
        "vale el de la fila: una fila por contrato y proveedor.",
        "## Columnas",
        _table(sipot_mapping.HEAD, sipot_mapping.columns()),
        "## Lo que SIPOT no puede decir",
        _table(("OCDS", "por qué"), sipot_mapping.beyond()),
    )


def simple() -> str:
    """Return docs/hoja-sencilla.md."""
    return _page(
        "La hoja sencilla",
        "Un renglón por contrato en una hoja de Excel, para quien no lleva sus contrataciones en ningún sistema. Se descarga en "
        "**Importaciones → Importar un archivo** y ahí mismo se sube llena. Qué se toma y qué no: [imports.md](imports.md).",
        "## Cómo llenarla",
        "\n".join(f"{number}. {step}" for number, step in enumerate(STEPS, start=1)),
        f"## Columnas (versión {SHEET_VERSION})",
        "Las que llevan * no pueden faltar. También se entienden los otros títulos que se indican, en cualquier orden, con o sin "
        "acentos. Las que no se conocen se guardan como vienen y no se publican.",
        _table(
            ("columna", "qué va", "ejemplo", "otros títulos", "OCDS", "cómo se toma"),
            (
                (
                    shown(column).replace("*", "\\*"),
                    column.help
                    + (
                        f" Opciones: {', '.join(one.label for one in column.options)}."
                        if column.options
                        else ""
                    ),
                    column.example or "—",
                    ", ".join(column.also) or "—",
                    f"`{column.path}`" if column.path else "—",
                    column.rule.value,
                )
                for column in COLUMNS
            ),
        ),
    )


def told(page: ModuleType) -> str:
    """Return a page whose paragraphs and tables are written by a module of their own."""
    blocks = (one if isinstance(one, str) else _table(*one) for one in page.blocks())
    return _page(page.TITLE, page.LEDE, *blocks)


PAGES: dict[str, Callable[[], str]] = {
    "workflow.md": workflow,
    "permissions.md": permissions,
    "rules.md": rules,
    "capture-fields.md": capture,
    "sipot-mapping.md": sipot,
    "hoja-sencilla.md": simple,
    "calidad.md": partial(told, quality_page),
    "banderas.md": partial(told, flags_page),
}
"""File in docs/ → what it holds."""


def _fate_of_error(source: str) -> Sequence[str]:
    number, asked = source.removeprefix("incumbente "), INCUMBENT[source]
    ours = [rule for rule in RULES if source in rule.sources]
    if not ours:
        return number, asked, *ELSEWHERE[source]
    change = " ".join(rule.change for rule in ours if rule.change)
    return number, asked, "se corrige" if change else "se conserva", f"{_answer(source)}. {change}".strip()


def _answer(source: str) -> str:
    """Return what answers for a rule of others."""
    codes = [f"`{rule.code}`" for rule in RULES if source in rule.sources]
    return ", ".join(codes) or ELSEWHERE[source][1]


def _life(machine: Machine) -> tuple[str, str]:
    """Return the drawing of a machine and its table of acts."""
    drawing = "```mermaid\nstateDiagram-v2\n" + "\n".join(_arrows(machine)) + "\n```"
    acts = map(partial(_act, machine), machine.transitions)
    return drawing, _table(("acto", "de", "a", "quién", "política", "condición"), acts)


def _arrows(machine: Machine) -> list[str]:
    arrows = [f"    [*] --> {next(iter(machine.statuses))}"]
    for row in machine.transitions:
        arrows += [
            f"    {source} --> {row.target}: {row.label}" for source in row.sources if source != row.target
        ]
    return list(dict.fromkeys(arrows))


def _act(machine: Machine, row: Transition) -> Sequence[str]:
    holders = [
        ROLE_LABELS[role] for role in (*TENANT_ROLES, *PLATFORM_ROLES) if row.permission in ROLES[role]
    ]
    return (
        row.label,
        ", ".join(machine.statuses[source] for source in row.sources),
        machine.statuses[row.target],
        "; ".join(holders) or "El sistema",
        ", ".join(f"`{policy}`" for policy in row.policies) or "todas",
        row.rule or "—",
    )


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _page(title: str, lede: str, *blocks: str) -> str:
    return "\n\n".join((f"# {title}", lede, GENERATED, *blocks)) + "\n"


if __name__ == "__main__":
    for name, write in PAGES.items():
        (DOCS / name).write_text(write(), "utf-8")
