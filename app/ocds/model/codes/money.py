"""Codelists of money: currencies, payments, guarantees and budget."""

from app.ocds.model.notation import Code, closed, offered, opened

# The standard's list: currencies of ISO 4217 in force and withdrawn (as of version 1.1.5 of OCDS).
_CURRENCIES = """
ADP AED AFA AFN ALK ALL AMD ANG AOA AOK AON AOR ARA ARP ARS ARY ATS AUD AWG AYM AZM AZN BAD BAM BBD BDT BEC BEF
BEL BGJ BGK BGL BGN BHD BIF BMD BND BOB BOP BOV BRB BRC BRE BRL BRN BRR BSD BTN BUK BWP BYB BYN BYR BZD CAD CDF
CHC CHE CHF CHW CLF CLP CNY COP COU CRC CSD CSJ CSK CUC CUP CVE CYP CZK DDM DEM DJF DKK DOP DZD ECS ECV EEK EGP
ERN ESA ESB ESP ETB EUR FIM FJD FKP FRF GBP GEK GEL GHC GHP GHS GIP GMD GNE GNF GNS GQE GRD GTQ GWE GWP GYD HKD
HNL HRD HRK HTG HUF IDR IEP ILP ILR ILS INR IQD IRR ISJ ISK ITL JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT
LAJ LAK LBP LKR LRD LSL LSM LTL LTT LUC LUF LUL LVL LVR LYD MAD MDL MGA MGF MKD MLF MMK MNT MOP MRO MRU MTL MTP
MUR MVQ MVR MWK MXN MXP MXV MYR MZE MZM MZN NAD NGN NIC NIO NLG NOK NPR NZD OMR PAB PEH PEI PEN PES PGK PHP PKR
PLN PLZ PTE PYG QAR RHD ROK ROL RON RSD RUB RUR RWF SAR SBD SCR SDD SDG SDP SEK SGD SHP SIT SKK SLL SOS SRD SRG
SSP STD STN SUR SVC SYP SZL THB TJR TJS TMM TMT TND TOP TPE TRL TRY TTD TWD TZS UAH UAK UGS UGW UGX USD USN USS
UYI UYN UYP UYU UYW UZS VEB VEF VES VNC VND VUV WST XAF XAG XAU XBA XBB XBC XBD XCD XDR XEU XFO XFU XOF XPD XPF
XPT XRE XSU XTS XUA XXX YDD YER YUD YUM YUN ZAL ZAR ZMK ZMW ZRN ZRZ ZWC ZWD ZWL ZWN ZWR
"""

_NAMES = {
    "MXN": "Peso mexicano",
    "USD": "Dólar estadounidense",
    "EUR": "Euro",
    "MXV": "Unidad de inversión (UDI)",
    "ARS": "Peso argentino",
    "AUD": "Dólar australiano",
    "BRL": "Real brasileño",
    "CAD": "Dólar canadiense",
    "CHF": "Franco suizo",
    "CLP": "Peso chileno",
    "CNY": "Yuan chino",
    "COP": "Peso colombiano",
    "CRC": "Colón costarricense",
    "GBP": "Libra esterlina",
    "GTQ": "Quetzal guatemalteco",
    "JPY": "Yen japonés",
    "KRW": "Won surcoreano",
    "MXP": "Peso mexicano anterior a 1993",
    "PEN": "Sol peruano",
    "SEK": "Corona sueca",
    "XXX": "Sin moneda",
}

CURRENCY = closed("currency", "Moneda", *(Code(c, _NAMES.get(c, c)) for c in _CURRENCIES.split()))

EXCHANGE_RATE_SOURCE = opened(
    "exchangeRateSource",
    "Origen del tipo de cambio",
    Code("contract", "Contrato", "El contrato dice qué tipo de cambio se usa."),
    Code("market", "Mercado", "Es el del mercado en la fecha que se indica."),
    Code("application", "Aplicación", "Lo puso el programa que procesa los datos."),
    Code("centralBank", "Banco de México", "Lo publicó el banco central.", extension="profile"),
    source="EDCA-MX",
    extension="exchangeRate",
)

PAYMENT_METHOD = opened(
    "paymentMethod",
    "Forma de pago",
    Code("cash", "Efectivo", "Se pagó en efectivo."),
    Code("check", "Cheque", "Se pagó con cheque."),
    Code("wireTransfer", "Transferencia bancaria", "Se pagó por transferencia.", extension="profile"),
    Code(
        "wireTransfe",
        "Transferencia bancaria (clave con errata)",
        "Clave incompleta que publicó EDCA-MX; usa «wireTransfer».",
        deprecated=True,
    ),
    Code("corporateCard", "Tarjeta corporativa", "Se pagó con una tarjeta de la institución."),
    Code("letterOfCredit", "Carta de crédito", "Se pagó mediante una carta de crédito."),
    source="EDCA-MX",
    extension="paymentMethod",
)

GUARANTEE_TYPE = opened(
    "guaranteeType",
    "Tipo de garantía",
    Code("bail", "Fianza", "Una afianzadora promete pagar si el proveedor no cumple."),
    Code("depositSlip", "Billete de depósito", "Dinero depositado a disposición de la autoridad."),
    Code("letterOfCredit", "Carta de crédito", "Un banco se compromete a pagar hasta cierta cantidad."),
    Code("suretyBond", "Seguro de caución", "Una aseguradora cubre los daños si el proveedor no cumple."),
    Code("check", "Cheque", "Cheque certificado o de caja."),
    source="EDCA-MX",
    extension="guarantees",
)

GUARANTEED_OBLIGATIONS = opened(
    "guaranteedObligations",
    "Qué garantiza",
    Code("fulfillment", "Cumplimiento", "Que se cumpla el contrato en tiempo y forma."),
    Code("prepaid", "Anticipo", "Que se devuelva el anticipo si no se cumple."),
    Code("latentDefects", "Vicios ocultos", "Que se respondan los defectos que no se ven al recibir."),
    Code("confidentiality", "Confidencialidad", "Que se guarde en secreto la información recibida."),
    Code("quality", "Calidad", "Que lo entregado tenga la calidad pactada."),
    source="EDCA-MX",
    extension="guarantees",
)

BUDGET_COMPONENT = offered(
    "budgetComponent",
    "Componente de la clave presupuestaria",
    Code("branch", "Ramo"),
    Code("responsibleUnit", "Unidad responsable"),
    Code("finality", "Finalidad"),
    Code("function", "Función"),
    Code("subFunction", "Subfunción"),
    Code("institutionalActivity", "Actividad institucional"),
    Code("budgetProgram", "Programa presupuestario"),
    Code("strategicObjective", "Objetivo estratégico"),
    Code("requestingUnit", "Unidad requirente"),
    Code("specificActivity", "Actividad específica (MIR)"),
    Code("spendingObject", "Partida (objeto del gasto)"),
    Code("spendingType", "Tipo de gasto"),
    Code("budgetSource", "Fuente de financiamiento"),
    Code("region", "Entidad federativa"),
    source="EDCA-MX",
)

BUDGET_MEASURE = offered(
    "budgetMeasure",
    "Momento del presupuesto",
    Code("approved", "Aprobado"),
    Code("modified", "Modificado"),
    Code("committed", "Comprometido"),
    Code("reserved", "Reservado"),
    Code("executed", "Ejercido"),
    source="EDCA-MX",
)

BUDGET_ORIGIN = offered(
    "budgetOrigin",
    "Origen de los recursos",
    Code("Federales", "Federales"),
    Code("Estatales", "Estatales"),
    Code("Municipales", "Municipales"),
    source="Herramienta anterior de EDCA-MX",
)

LISTS = (
    CURRENCY,
    EXCHANGE_RATE_SOURCE,
    PAYMENT_METHOD,
    GUARANTEE_TYPE,
    GUARANTEED_OBLIGATIONS,
    BUDGET_COMPONENT,
    BUDGET_MEASURE,
    BUDGET_ORIGIN,
)
