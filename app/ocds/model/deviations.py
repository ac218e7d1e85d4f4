"""Every place where the profile is not exactly OCDS 1.1.5 with the official files of its extensions, and why.

This is the whole list: the conformance tests fail for a difference that is not here and for a line that no longer
is one. All of them add; none forbids or changes what upstream accepts.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Deviation:
    """Something of ours that upstream does not have."""

    where: str
    """`codelists/NAME`, or the path of a field in the release schema's definitions (`Planning/requestingUnits`)."""
    adds: tuple[str, ...]
    """The codes added, or the field itself."""
    reason: str
    """In Spanish: the profile's public documentation shows it."""


DEVIATIONS = (
    Deviation(
        "codelists/paymentMethod",
        ("wireTransfer",),
        "La lista de EDCA-MX trae «wireTransfe», una errata. Se acepta, y se ofrece la clave bien escrita.",
    ),
    Deviation(
        "codelists/exchangeRateSource",
        ("centralBank",),
        "La herramienta anterior de EDCA-MX la usa para el tipo de cambio del Banco de México.",
    ),
    Deviation(
        "codelists/partyRole",
        ("requestingUnit", "contractingUnit", "responsibleUnit", "technicalUnit"),
        "Papeles que EDCA-MX da a las áreas de la institución y que ninguna de sus listas publica.",
    ),
    Deviation(
        "codelists/itemClassificationScheme",
        ("COG",),
        "Clasificador por objeto del gasto, que la herramienta anterior de EDCA-MX ofrece junto a CUCOP.",
    ),
    Deviation(
        "codelists/documentType",
        (
            "request",
            "areaTechnicalAnnex",
            "budgetAuthorization",
            "requestForQuote",
            "quote",
            "exceptionAuthorization",
            "procurementMethodAuthorization",
            "clarificationMeetingsCertificates",
            "openingOfProposals",
            "technicalOpeningCertificate",
            "financialOpeningCertificate",
            "technicalEvaluationReport",
            "evaluationResult",
            "awardDecisionCertificate",
            "awardDeferral",
            "unsuccessfulProcedureNotice",
            "contractText",
            "contractAmendment",
            "amendmentAgreements",
            "suspensionStatement",
            "suspensionNotice",
            "physicalReception",
            "settlement",
            "finalPayment",
            "transferReport",
            "physicalProcessReport",
        ),
        "Documentos de las contrataciones mexicanas que ya usan otras plataformas o que pide el SIPOT, "
        "con las claves que ellas publican.",
    ),
    Deviation(
        "Planning/requestingUnits",
        ("requestingUnits",),
        "Áreas requirentes: la herramienta anterior las publica con una extensión cuyos archivos ya no se encuentran.",
    ),
    Deviation(
        "Planning/contractingUnits",
        ("contractingUnits",),
        "Áreas contratantes: la herramienta anterior las publica con una extensión cuyos archivos ya no se encuentran.",
    ),
    Deviation(
        "Planning/responsibleUnits",
        ("responsibleUnits",),
        "Áreas responsables: la herramienta anterior las publica con una extensión cuyos archivos ya no se encuentran.",
    ),
    Deviation(
        "BudgetBreakdown/origin",
        ("origin",),
        "Origen de los recursos: lo captura la herramienta anterior y lo pide el SIPOT.",
    ),
    Deviation(
        "BudgetBreakdown/fundType",
        ("fundType",),
        "Fondo del que viene el dinero: lo captura la herramienta anterior y lo pide el SIPOT.",
    ),
    Deviation(
        "Address/streetType",
        ("streetType",),
        "Tipo de vialidad: lo captura la herramienta anterior y lo pide el SIPOT.",
    ),
    Deviation(
        "Address/outdoorNumber",
        ("outdoorNumber",),
        "Número exterior: lo captura la herramienta anterior y lo pide el SIPOT.",
    ),
    Deviation(
        "Address/indoorNumber",
        ("indoorNumber",),
        "Número interior: lo captura la herramienta anterior y lo pide el SIPOT.",
    ),
    Deviation(
        "Address/settlementType",
        ("settlementType",),
        "Tipo de asentamiento: lo captura la herramienta anterior y lo pide el SIPOT.",
    ),
    Deviation(
        "Address/settlementName",
        ("settlementName",),
        "Nombre del asentamiento: lo captura la herramienta anterior y lo pide el SIPOT.",
    ),
    Deviation(
        "Address/localityCode",
        ("localityCode",),
        "Clave de la localidad: lo captura la herramienta anterior y lo pide el SIPOT.",
    ),
    Deviation(
        "Address/localityName",
        ("localityName",),
        "Nombre de la localidad: lo captura la herramienta anterior y lo pide el SIPOT.",
    ),
    Deviation(
        "Address/municipalityCode",
        ("municipalityCode",),
        "Clave del municipio o alcaldía: lo captura la herramienta anterior y lo pide el SIPOT.",
    ),
    Deviation(
        "Address/regionCode",
        ("regionCode",),
        "Clave de la entidad federativa: lo captura la herramienta anterior y lo pide el SIPOT.",
    ),
    Deviation(
        "Tender/procedureCharacter",
        ("procedureCharacter",),
        "Carácter del procedimiento: lo captura la herramienta anterior y lo pide el SIPOT.",
    ),
)
