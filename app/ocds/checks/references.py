"""Rules about what one part of a process says of another, and of what was published."""

from collections.abc import Iterator

from app.ocds import ocid
from app.ocds.checks.rule import Finding, Rule, rule
from app.ocds.checks.view import View, count, elements, inside, number, text, texts


@rule(
    "El número de licitantes es el de los licitantes que se nombran.",
    "incumbente E11",
    "Pelican consistente: número de licitantes",
    change="Cuenta los licitantes de la licitación y no los participantes con ese papel.",
)
def _tenderer_count(view: View) -> Iterator[Finding]:
    tender = view.section("tender")
    told, listed = number(tender, "numberOfTenderers"), count(tender, "tenderers")
    if told is not None and listed and told != listed:
        yield (
            "/tender/numberOfTenderers",
            f"dice {told:g} y se nombran {listed}. Corrige el número o la lista.",
        )


@rule("Las proposiciones que se citan existen.", "propia")
def _related_bids(view: View) -> Iterator[Finding]:
    known = {text(bid.body, "id") for bid in view.all("Bid")}
    if not known:
        return
    for block in (*view.all("Award"), *view.all("Contract")):
        for index, held in enumerate(texts(block.body, "relatedBids")):
            if held not in known:
                yield (
                    f"{block.at}/relatedBids/{index}",
                    f"ninguna proposición tiene el identificador «{held[:40]}».",
                )


@rule("Un procedimiento relacionado se nombra por su OCID, y no es el mismo.", "propia")
def _related_process(view: View) -> Iterator[Finding]:
    for related in view.all("RelatedProcess"):
        held = text(related.body, "identifier")
        if text(related.body, "scheme") != "ocid" or not held:
            continue
        if held == view.document.get("ocid"):
            yield f"{related.at}/identifier", "es esta misma contratación; escribe el OCID de la otra."
        elif ocid.split(held) is None:
            yield (
                f"{related.at}/identifier",
                f"«{held[:60]}» no tiene la forma de un OCID (ocds- y seis letras o números).",
            )


@rule("El título de la licitación no cambia de una publicación a otra.", "Pelican tiempo: título")
def _title_changed(view: View) -> Iterator[Finding]:
    before, now = text(inside(view.released or {}, "tender"), "title"), text(view.section("tender"), "title")
    if before and now and before != now:
        yield (
            "/tender/title",
            f"se publicó como «{before[:80]}». Si es otra contratación, debe ser otro expediente.",
        )


@rule(
    "Lo publicado no desaparece: adjudicaciones, contratos, participantes, partidas.",
    "Pelican tiempo: objetos",
)
def _published_gone(view: View) -> Iterator[Finding]:
    published = view.released or {}
    # Parties are left out: the public version may name a person otherwise.
    lists = (
        ("/awards", "la adjudicación", published, view.document, "awards"),
        ("/contracts", "el contrato", published, view.document, "contracts"),
        ("/tender/items", "la partida", inside(published, "tender"), view.section("tender"), "items"),
    )
    for at, name, before, now, key in lists:
        held = {str(one.get("id")) for _, one in elements(now, key)}
        for _, one in elements(before, key):
            if one.get("id") is not None and str(one["id"]) not in held:
                yield (
                    at,
                    f"ya no está {name} «{str(one['id'])[:60]}», que se publicó. En vez de quitar, corrige o cambia la situación.",
                )


RULES: tuple[Rule, ...] = (_tenderer_count, _related_bids, _related_process, _title_changed, _published_gone)
