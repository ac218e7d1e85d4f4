"""Rules about how far each stage has come, and about method and category."""

import unicodedata
from collections.abc import Iterator

from app.ocds.checks.rule import Finding, Rule, rule
from app.ocds.checks.view import View, count, elements, inside, text, texts
from app.ocds.codelists import label

_METHOD_WORDS = (
    ("adjudicacion directa", "direct"),
    ("excepcion", "direct"),
    ("convenio", "direct"),
    ("adhesion", "direct"),
    ("invitacion", "selective"),
    ("licitacion publica", "open"),
)
"""Words in the name of a procedure -> its method; the first that is found decides."""
_MAIN_CATEGORY = {
    "goods": "goods",
    "goodsAcquisition": "goods",
    "goodsLease": "goods",
    "services": "services",
    "consultingServices": "services",
    "worksRelatedServices": "services",
    "works": "works",
}


@rule(
    "El nombre del procedimiento concuerda con su tipo.",
    "incumbente E9",
    change="Mira las palabras y no siete nombres exactos; lo que no conoce lo deja pasar.",
)
def _method_details(view: View) -> Iterator[Finding]:
    words = unicodedata.normalize("NFKD", text(view.section("tender"), "procurementMethodDetails").casefold())
    plain = "".join(letter for letter in words if not unicodedata.combining(letter))
    told = next((method for name, method in _METHOD_WORDS if name in plain), None)
    held = "selective" if view.method == "limited" else view.method
    if told and held and told != held:
        yield (
            "/tender/procurementMethodDetails",
            f"parece «{label('method', told)}» y el tipo dice «{label('method', str(view.method))}». Corrige uno de los dos.",
        )


@rule(
    "Alguna categoría adicional corresponde a lo que se contrata.",
    "incumbente E10",
    change="Mira todas las categorías y no solo la primera; las que no conoce las deja pasar.",
)
def _category(view: View) -> Iterator[Finding]:
    tender = view.section("tender")
    main = text(tender, "mainProcurementCategory")
    kinds = [_MAIN_CATEGORY.get(one) for one in texts(tender, "additionalProcurementCategories")]
    if main and kinds and None not in kinds and main not in kinds:
        yield (
            "/tender/additionalProcurementCategories",
            f"ninguna es de «{label('procurementCategory', main)}», que es lo que se contrata.",
        )


@rule(
    "Una adjudicación directa tiene a lo más un licitante.",
    "Pelican coherente: licitantes de adjudicación directa",
)
def _direct_tenderers(view: View) -> Iterator[Finding]:
    listed = count(view.section("tender"), "tenderers")
    if view.method == "direct" and listed > 1:
        yield (
            "/tender/tenderers",
            f"nombra {listed} licitantes y es adjudicación directa. Los que cotizaron van en las solicitudes de cotización.",
        )


@rule(
    "Sin licitación concluida no hay adjudicaciones ni contratos.",
    "Pelican coherente: situación de la licitación",
)
def _tender_status(view: View) -> Iterator[Finding]:
    status = text(view.section("tender"), "status")
    if status in ("", "complete"):
        return
    live = [
        block
        for block in (*view.all("Award"), *view.all("Contract"))
        if text(block.body, "status") in ("", "active", "terminated")
    ]
    if live:
        yield (
            "/tender/status",
            f"dice «{label('tenderStatus', status)}» y ya hay adjudicaciones o contratos. Actualízala o revísalos.",
        )


@rule("Solo una adjudicación activa tiene contratos.", "Pelican coherente: situación de la adjudicación")
def _award_status(view: View) -> Iterator[Finding]:
    for award in view.all("Award"):
        status = text(award.body, "status")
        contracts = [
            one
            for one in view.contracts_of(award)
            if text(one.body, "status") not in ("pending", "cancelled")
        ]
        if status not in ("", "active") and contracts:
            yield (
                f"{award.at}/status",
                f"dice «{label('awardStatus', status)}» y ya tiene contrato. Actualízala.",
            )


@rule("Un contrato sin firmar o cancelado no tiene pagos.", "Pelican coherente: situación del contrato")
def _contract_status(view: View) -> Iterator[Finding]:
    for contract in view.all("Contract"):
        status = text(contract.body, "status")
        if status in ("pending", "cancelled") and any(
            elements(inside(contract.body, "implementation"), "transactions")
        ):
            yield (
                f"{contract.at}/status",
                f"dice «{label('contractStatus', status)}» y ya tiene pagos. Actualízala.",
            )


@rule("La ejecución va con su contrato: no avanza sin firma y no queda por iniciar si terminó.", "propia")
def _implementation_status(view: View) -> Iterator[Finding]:
    impossible = {("pending", "ongoing"), ("pending", "concluded"), ("terminated", "planning")}
    for contract in view.all("Contract"):
        own, done = text(contract.body, "status"), text(inside(contract.body, "implementation"), "status")
        if (own, done) in impossible:
            yield (
                f"{contract.at}/implementation/status",
                f"dice «{label('implementationStatus', done)}» y el contrato «{label('contractStatus', own)}». Actualiza una de las dos.",
            )


@rule(
    "Un hito tiene fecha de cumplimiento cuando se cumplió, y solo entonces.",
    "Pelican coherente: situación de hitos",
)
def _milestone_status(view: View) -> Iterator[Finding]:
    for milestone in view.all("Milestone"):
        status, met = text(milestone.body, "status"), text(milestone.body, "dateMet")
        if met and status in ("scheduled", "notMet"):
            yield (
                f"{milestone.at}/status",
                f"dice «{label('milestoneStatus', status)}» y tiene fecha de cumplimiento.",
            )
        elif status == "met" and not met:
            yield f"{milestone.at}/dateMet", "el hito se cumplió; indica cuándo."


RULES: tuple[Rule, ...] = (
    _method_details,
    _category,
    _direct_tenderers,
    _tender_status,
    _award_status,
    _contract_status,
    _implementation_status,
    _milestone_status,
)
