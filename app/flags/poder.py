"""Flags of PODER's set for Mexico (OCDS_RedFlags): dates, terms, suppliers, amounts.

Those of its eighteen that measure whether data are there are answered by quality (`ELSEWHERE`), not asked twice.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date
from types import MappingProxyType
from typing import Any

from app.flags.case import Case, identity
from app.flags.notation import (
    NOT_APPLICABLE,
    UNSET,
    Fences,
    Flag,
    Outlier,
    Threshold,
    Values,
    Verdict,
    Weighed,
    clear,
    lacking,
    raised,
)
from app.ocds import folding, identifiers
from app.ocds.checks.view import elements, inside, moment, number, text, texts
from app.ocds.folding import Key, Summary
from app.ocds.shape import Document

SOURCE = "PODER"
_LITERATURE = "PODER (2020), «OCDS RedFlags», banderas para México"
_SEPARATOR = "\x1f"
_SUNDAY = 6

ELSEWHERE: Mapping[str, str] = MappingProxyType(
    {
        "trans-ov": "Calidad: revisión `schema`.",
        "trans-sc": "Calidad: datos de cada etapa.",
        "trans-ccm": "Calidad: datos que se piden, también los que agregan las extensiones mexicanas.",
        "trans-cc": "Calidad: datos que se piden.",
        "traz-fro": "No se calcula: visitar la dirección de la fuente pide red.",
    }
)
"""Flags of PODER that are no question to a body → where they are answered."""


def _key_dates(case: Case, values: Values, fences: Fences) -> Verdict:
    del values, fences
    wanted = []
    if case.method and case.method != "direct":
        period = inside(case.tender, "tenderPeriod")
        wanted += [(f"/tender/tenderPeriod/{key}", moment(period, key)) for key in ("startDate", "endDate")]
    wanted += [
        (f"/awards/{index}/date", moment(award, "date"))
        for index, award in elements(case.release, "awards")
        if text(award, "status") == "active"
    ]
    for contract in case.contracts:
        if text(contract.body, "status") == "pending":
            continue
        period = inside(contract.body, "period")
        wanted.append((f"{contract.at}/dateSigned", moment(contract.body, "dateSigned")))
        wanted += [(f"{contract.at}/period/{key}", moment(period, key)) for key in ("startDate", "endDate")]
    if not wanted:
        return NOT_APPLICABLE
    absent = [at for at, when in wanted if when is None]
    return (
        raised(float(len(absent)), *absent, count=str(len(absent)), of=str(len(wanted)))
        if absent
        else clear()
    )


def _bidding_period(case: Case, values: Values, fences: Fences) -> Verdict:
    del fences
    if not case.method:
        return lacking("tender/procurementMethod")
    if case.method != "open":
        return NOT_APPLICABLE
    is_international = "internacional" in case.details.casefold()
    least = values["international" if is_international else "national"]
    for days, _, _ in case.days(inside(case.tender, "tenderPeriod")):
        kind = "internacional" if is_international else "nacional"
        return (
            raised(float(days), "/tender/tenderPeriod", days=str(days), least=str(least), kind=kind)
            if days < least
            else clear()
        )
    return lacking("tender/tenderPeriod/startDate", "tender/tenderPeriod/endDate")  # fmt: skip


def _long_contract(case: Case, values: Values, fences: Fences) -> Verdict:
    del fences
    known = []
    for contract in case.contracts:
        period = inside(contract.body, "period")
        told = number(period, "durationInDays")
        days = next((days for days, _, _ in case.days(period)), int(told) if told is not None else None)
        if days is not None:
            known.append((days, f"{contract.at}/period"))
    if not known:
        return (
            lacking("contracts/period/startDate", "contracts/period/endDate")
            if case.contracts
            else NOT_APPLICABLE
        )
    days, at = max(known)
    return raised(float(days), at, days=str(days), most=str(values["days"])) if days > values["days"] else clear()  # fmt: skip


def _moments(case: Case) -> Iterator[tuple[str, date]]:
    places: list[tuple[str, Document, str]] = [
        (f"/tender/tenderPeriod/{key}", inside(case.tender, "tenderPeriod"), key)
        for key in ("startDate", "endDate")
    ]
    places += [(f"/awards/{index}/date", award, "date") for index, award in elements(case.release, "awards")]
    places += [(f"{one.at}/dateSigned", one.body, "dateSigned") for one in case.contracts]
    for at, body, key in places:
        when = moment(body, key)
        if when is not None:
            yield at, when.date()  # the day where it happened, as it is written


def _days_off(case: Case, values: Values, fences: Fences) -> Verdict:
    del values, fences
    known = list(_moments(case))
    if not known:
        return lacking("tender/tenderPeriod/startDate", "awards/date", "contracts/dateSigned")
    off = [(at, when) for at, when in known if when.weekday() == _SUNDAY or when in case.holidays]
    if not off:
        return clear()
    told = ", ".join(sorted({f"{when:%d/%m/%Y}" for _, when in off}))
    return raised(float(len(off)), *(at for at, _ in off), days=told)


def _names(case: Case, values: Values, fences: Fences) -> Verdict:
    del values, fences
    if not case.active_awards:
        return NOT_APPLICABLE
    absent = [] if case.method else ["/tender/procurementMethod"]
    names = {str(one.body.get("id")): text(one.body, "name") for one in case.view.all("Organization")}
    for index, award in elements(case.release, "awards"):
        if text(award, "status") != "active":
            continue
        suppliers = list(elements(award, "suppliers"))
        if not suppliers:
            absent.append(f"/awards/{index}/suppliers")
        absent += [
            f"/awards/{index}/suppliers/{place}/name"
            for place, one in suppliers
            if not text(one, "name") and not names.get(identity(one))
        ]
    return raised(float(len(absent)), *absent, count=str(len(absent))) if absent else clear()


def _haven(case: Case, values: Values, fences: Fences) -> Verdict:
    del fences
    listed = {name.strip().casefold() for name in values["countries"].split("|") if name.strip()}
    if not listed:
        return UNSET
    if not case.suppliers:
        return NOT_APPLICABLE
    known = [
        (who, country)
        for who, party in _supplying(case)
        if (country := text(inside(party, "address"), "countryName"))
    ]
    if not known:
        return lacking("parties/address/countryName")
    found = [(who, country) for who, country in known if country.casefold() in listed]
    if not found:
        return clear()
    return raised(1.0, about=[who for who, _ in found], country=found[0][1])


def _supplying(case: Case) -> Iterator[tuple[str, Document]]:
    """Yield the suppliers of awards in force with what is known of them; nothing of who is no participant."""
    for who in sorted(case.suppliers):
        party = case.view.parties.get(who)
        yield who, party.body if party else {}


def _size_part(case: Case, values: Values) -> Summary:
    del values
    return Counter(
        {
            ("mx-size", f"{who}{_SEPARATOR}{scale}"): 1
            for who, party in _supplying(case)
            if (scale := text(inside(party, "details"), "scale"))
        }
    )


def _sizes(summary: Mapping[Key, int], values: Values) -> Weighed:
    del values
    sizes: dict[str, list[str]] = {}
    for key in folding.family(summary, "mx-size"):
        who, scale = key.split(_SEPARATOR)
        sizes.setdefault(who, []).append(scale)
    found = [
        Outlier("MX-EI", "supplier", who, float(len(held)), {"sizes": ", ".join(held)})
        for who, held in sizes.items()
        if len(held) > 1
    ]
    return Weighed(tuple(found), len(sizes))


def _who_pays_whom(case: Case, values: Values, fences: Fences) -> Verdict:
    del values, fences
    if not case.active_awards:
        return NOT_APPLICABLE
    budget = inside(inside(inside(case.release, "planning"), "budget"), "amount")
    known = {
        "/planning/budget/amount": number(budget, "amount") is not None,
        "/awards": bool(case.suppliers),
        "/buyer": bool(case.buyer),
    }
    absent = [at for at, there in known.items() if not there]
    return raised(float(len(absent)), *absent, count=str(len(absent))) if absent else clear()


def _amended(case: Case, values: Values, fences: Fences) -> Verdict:
    del fences
    if not case.contracts:
        return NOT_APPLICABLE
    counts = [(sum(1 for _ in elements(one.body, "amendments")), one.at) for one in case.contracts]
    changed = [(count, f"{at}/amendments") for count, at in counts if count >= max(1, values["amendments"])]
    total = sum(count for count, _ in changed)
    return raised(float(total), *(at for _, at in changed), count=str(total)) if changed else clear()


def _contact(case: Case, values: Values, fences: Fences) -> Verdict:
    del values, fences
    offices = [
        one
        for one in case.view.all("Organization")
        if {"buyer", "procuringEntity"}.intersection(texts(one.body, "roles"))
    ]
    if not offices:
        return lacking("parties/roles")
    mute = [
        f"{one.at}/contactPoint"
        for one in offices
        if not any(text(inside(one.body, "contactPoint"), key) for key in ("email", "telephone", "url"))
    ]
    return raised(float(len(mute)), *mute, count=str(len(mute))) if len(mute) == len(offices) else clear()


def _ghost(case: Case, values: Values, fences: Fences) -> Verdict:
    del values, fences
    if not case.suppliers:
        return lacking("awards/suppliers") if case.active_awards else NOT_APPLICABLE
    unknown = []
    asked = 0
    for who, party in _supplying(case):
        identifier = inside(party, "identifier")
        if text(identifier, "legalPersonality") == "naturalPerson":
            continue  # whether a person's number is published is for the law of each garante
        asked += 1
        held = identifiers.normal(identity(identifier))
        if not held or held in identifiers.GENERIC:
            unknown.append(who)
    if not asked:
        return NOT_APPLICABLE
    return raised(float(len(unknown)), about=unknown, count=str(len(unknown))) if unknown else clear()


def _round(case: Case, values: Values, fences: Fences) -> Verdict:
    del fences
    known = [(amount, one.at) for one in case.contracts if (amount := case.amount(one.body)) is not None]
    if not known:
        return lacking("contracts/value/amount") if case.contracts else NOT_APPLICABLE
    found = [(amount, at) for amount, at in known if amount > 0 and amount % values["multiple"] == 0]
    if not found:
        return clear()
    amount, at = max(found)
    return raised(amount, f"{at}/value/amount", amount=f"{amount:,.2f} {case.currency}")


def _title(case: Case, values: Values, fences: Fences) -> Verdict:
    del fences
    title = text(case.tender, "title")
    if not title:
        return lacking("tender/title")
    words = [word for word in title.split() if sum(map(str.isalpha, word)) >= values["letters"]]
    if len(words) >= values["words"]:
        return clear()
    return raised(float(len(words)), "/tender/title", title=title[:120])


def _flag(code: str, theirs: str, name: str, question: str, formula: str, *fields: str, **more: Any) -> Flag:
    return Flag(code=code, name=name, question=question, formula=formula, fields=fields, source=f"{SOURCE} {theirs}", literature=_LITERATURE, **more)  # fmt: skip


FLAGS: tuple[Flag, ...] = (
    _flag(
        "MX-CFT", "temp-cft", "Faltan fechas clave",
        "¿Por qué no se publicaron {count} de las {of} fechas clave?",
        "Faltan inicio o cierre del plazo (si hubo concurso), fecha de una adjudicación activa, firma, o inicio o término de un contrato firmado.",
        "tender/tenderPeriod/startDate", "tender/tenderPeriod/endDate", "awards/date", "contracts/dateSigned", "contracts/period",
        look=_key_dates,
    ),
    _flag(
        "MX-TIPO", "temp-tipo", "Plazo menor al usual en licitaciones públicas",
        "¿Por qué la licitación {kind} dio {days} días para presentar proposiciones, y no al menos {least}?",
        "Días completos entre el inicio y el cierre del plazo de una licitación pública; internacional si así se llama el procedimiento. Se pregunta si son menos que el umbral.",
        "tender/tenderPeriod/startDate", "tender/tenderPeriod/endDate", "tender/procurementMethod", "tender/procurementMethodDetails",
        thresholds=(Threshold("national", 15, "Días de una licitación nacional."), Threshold("international", 20, "Días de una internacional.")),
        look=_bidding_period,
    ),
    _flag(
        "MX-DL", "temp-dl", "Contrato muy largo",
        "¿Por qué se contrató por {days} días, más de {most}?",
        "Días entre el inicio y el término del contrato (o su duración, si no dice fechas) mayores que el umbral.",
        "contracts/period/startDate", "contracts/period/endDate",
        thresholds=(Threshold("days", 1000, "Días."),),
        look=_long_contract,
    ),
    _flag(
        "MX-FS", "temp-fs", "Actos en día inhábil",
        "¿Por qué hubo actos en domingo o día festivo ({days})?",
        "El plazo empieza o cierra, se adjudica o se firma en domingo o en un día inhábil del calendario del organismo.",
        "tender/tenderPeriod/startDate", "tender/tenderPeriod/endDate", "awards/date", "contracts/dateSigned",
        look=_days_off,
    ),
    _flag(
        "MX-CFC", "comp-cfc", "No se sabe a quién o cómo se adjudicó",
        "¿Por qué no se publicó a quién o por qué procedimiento se adjudicó?",
        "Hay una adjudicación activa y falta el nombre de un proveedor o el tipo de procedimiento.",
        "awards/suppliers/name", "tender/procurementMethod",
        look=_names,
    ),
    _flag(
        "MX-PF", "comp-pf", "Proveedor de una jurisdicción señalada",
        "¿Se revisó quiénes son los dueños del proveedor, con domicilio en {country}?",
        "El domicilio de un proveedor está en un país de la lista del organismo.",
        "awards/suppliers", "parties/address/countryName",
        thresholds=(Threshold("countries", "", "Nombres de países separados por |; sin lista no se hace."),),
        look=_haven,
    ),
    _flag(
        "MX-EI", "traz-ei", "Tamaño de empresa distinto entre contrataciones",
        "¿Por qué el proveedor aparece con tamaños distintos ({sizes})?",
        "El mismo proveedor tiene más de un tamaño declarado (`parties/details/scale`) en contrataciones distintas.",
        "awards/suppliers", "parties/details",
        part=_size_part, weigh=_sizes,
    ),
    _flag(
        "MX-TCFT", "traz-cft", "No se sigue el dinero",
        "¿Por qué no se publicó con qué presupuesto, quién compra y a quién ({count} de 3)?",
        "Hay una adjudicación activa y falta el presupuesto, el proveedor o el comprador.",
        "planning/budget/amount", "awards/suppliers", "buyer",
        look=_who_pays_whom,
    ),
    _flag(
        "MX-MC", "traz-mc", "Contrato modificado",
        "¿Qué motivó {count} modificaciones del contrato?",
        "Un contrato tiene al menos tantos convenios modificatorios como dice el umbral.",
        "contracts/amendments",
        thresholds=(Threshold("amendments", 1, "Convenios, al menos uno."),),
        look=_amended,
    ),
    _flag(
        "MX-IP", "traz-ip", "Sin datos de contacto de quien contrata",
        "¿A quién se puede preguntar por esta contratación?",
        "Ninguno de los participantes que compran o convocan dice correo, teléfono o página.",
        "parties/roles", "parties/contactPoint",
        look=_contact,
    ),
    _flag(
        "MX-SINREG", "traz-pf", "Proveedor sin identificar",
        "¿Quiénes son los {count} proveedores que no tienen RFC ni otro registro?",
        "Un proveedor de una adjudicación activa no tiene número de registro, o es uno genérico. No se pregunta por personas físicas: publicar su RFC depende de la ley.",
        "awards/suppliers", "parties/identifier/id",
        look=_ghost,
    ),
    _flag(
        "MX-IR", "traz-ir", "Monto redondo",
        "¿Cómo se llegó a un monto tan redondo, de {amount}?",
        "El monto de un contrato es múltiplo exacto del umbral: con 100,000 termina en cinco ceros.",
        "contracts/value/amount",
        thresholds=(Threshold("multiple", 100_000, "Múltiplo, en la moneda principal."),),
        look=_round,
    ),
    _flag(
        "MX-CT", "traz-ct", "Título que no dice qué se contrata",
        "¿Qué se contrata con «{title}»?",
        "El título de la licitación tiene menos palabras que el umbral; cuentan las de al menos tantas letras.",
        "tender/title",
        thresholds=(Threshold("words", 3, "Palabras."), Threshold("letters", 2, "Letras de una palabra.")),
        look=_title,
    ),
)  # fmt: skip
