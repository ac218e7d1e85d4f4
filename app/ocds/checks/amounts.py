"""Rules about money. Amounts in different currencies are never added or compared."""

from collections.abc import Iterator

from app.ocds.budget_key import WIDTH, BudgetKeyError, from_components, parse
from app.ocds.checks.rule import Finding, Rule, rule
from app.ocds.checks.view import Block, Money, View, elements, inside, money, number, text

_CENT = 0.01
_ROUNDING = 1
"""What the rounding of many parts may add up to, in units of the currency."""
_HALF = 0.5
_MOST = {"MXN": 100e9, "USD": 5e9, "EUR": 5e9}
"""Amounts beyond which a figure is more likely a slip: about five thousand million dollars."""


@rule("El monto sin impuestos no pasa del monto con impuestos.", "incumbente E26")
def _net_amount(view: View) -> Iterator[Finding]:
    for value in view.all("Value"):
        net, gross = number(value.body, "netAmount"), number(value.body, "amount")
        if net is not None and gross is not None and 0 <= gross < net - _CENT:
            yield f"{value.at}/netAmount", "es mayor que el monto con impuestos. Quizá están al revés."


@rule(
    "Lo adjudicado y lo contratado valen más que cero.",
    "incumbente E14",
    "incumbente E17",
    change="Aconseja: hay contratos sin pago. Mira también el monto con impuestos.",
)
def _zero_amount(view: View) -> Iterator[Finding]:
    for block in (*view.all("Award"), *view.all("Contract")):
        if text(block.body, "status") in {"cancelled", "unsuccessful"}:
            continue
        for key in ("amount", "netAmount"):
            held = number(inside(block.body, "value"), key)
            if held is not None and held <= 0:
                yield (
                    f"{block.at}/value/{key}",
                    f"dice {held:g}. Escribe el monto; si todavía no se conoce, deja el campo en blanco.",
                )


@rule("Cantidades, precios, pagos, plazos y cuentas no son negativos.", "Pelican campo: números no negativos")
def _negative(view: View) -> Iterator[Finding]:
    found = [(f"{one.at}/quantity", number(one.body, "quantity")) for one in view.all("Item")]
    found += [(f"{one.at}/durationInDays", number(one.body, "durationInDays")) for one in view.all("Period")]
    found += [
        (f"{one.at}/{key}", number(one.body, key))
        for one in view.all("Value")
        for key in ("amount", "netAmount")
        # What was awarded or contracted is told by the rule above.
        if one.path not in ("awards/value", "contracts/value")
    ]
    found.append(("/tender/numberOfTenderers", number(view.section("tender"), "numberOfTenderers")))
    for at, held in found:
        if held is not None and held < 0:
            yield at, f"no puede ser negativo; dice {held:g}."


@rule("Los montos son creíbles: menos de cinco mil millones de dólares.", "Pelican coherente: montos")
def _amount_limit(view: View) -> Iterator[Finding]:
    for value in view.all("Value"):
        amount, currency = number(value.body, "amount"), text(value.body, "currency")
        if amount is not None and abs(amount) > _MOST.get(currency, float("inf")):
            yield (
                f"{value.at}/amount",
                f"{Money(amount, currency)} es una cantidad extraordinaria; revisa que no sobren cifras.",
            )


@rule("Un contrato en otra moneda dice con qué tipo de cambio se convierte.", "incumbente: tipo de cambio")
def _exchange_rate(view: View) -> Iterator[Finding]:
    for contract in view.all("Contract"):
        value = inside(contract.body, "value")
        held = money(contract.body)
        if held and held.currency != "MXN" and not value.get("exchangeRates"):
            yield (
                f"{contract.at}/value/exchangeRates",
                f"el monto está en {held.currency}; agrega el tipo de cambio para saber cuánto es en pesos.",
            )


@rule("El contrato está en la moneda de su adjudicación.", "propia")
def _currency_mixed(view: View) -> Iterator[Finding]:
    for contract in view.all("Contract"):
        award = view.award_of(contract)
        agreed, awarded = money(contract.body), money(award.body) if award else None
        if agreed and awarded and agreed.currency != awarded.currency:
            yield (
                f"{contract.at}/value/currency",
                f"el contrato está en {agreed.currency} y la adjudicación en {awarded.currency}; revisa que sea así.",
            )


@rule("El monto mínimo no pasa del estimado.", "propia")
def _min_value(view: View) -> Iterator[Finding]:
    least, most = money(view.section("tender"), "minValue"), money(view.section("tender"))
    if least and most and least.currency == most.currency and least.amount > most.amount:
        yield "/tender/minValue/amount", f"{least} es más que el monto estimado ({most})."


@rule(
    "El presupuesto y el monto estimado se parecen: uno no pasa del otro por más de la mitad.",
    "Pelican consistente: presupuesto y licitación",
)
def _budget_tender(view: View) -> Iterator[Finding]:
    budget, estimate = (
        money(inside(view.section("planning"), "budget"), "amount"),
        money(view.section("tender")),
    )
    if budget and estimate and _far(estimate, budget):
        yield (
            "/tender/value/amount",
            f"{estimate} difiere más de 50 % del presupuesto ({budget}). Revisa los dos.",
        )


@rule("Lo adjudicado cabe en el presupuesto.", "propia")
def _budget_awards(view: View) -> Iterator[Finding]:
    budget = money(inside(view.section("planning"), "budget"), "amount")
    total = _sum(one for one in view.all("Award") if text(one.body, "status") in ("", "active"))
    if budget and total and budget.currency == total.currency and 0 < budget.amount < total.amount - _CENT:
        yield (
            "/planning/budget/amount/amount",
            f"el presupuesto ({budget}) es menor que lo adjudicado ({total}).",
        )


@rule("Las partes del presupuesto suman el presupuesto.", "propia")
def _budget_parts(view: View) -> Iterator[Finding]:
    budget = inside(view.section("planning"), "budget")
    whole = money(budget, "amount")
    parts = [money(part, "amount") for _, part in elements(budget, "budgetBreakdown")]
    if whole is None or not parts or any(part is None or part.currency != whole.currency for part in parts):
        return
    total = Money(sum(part.amount for part in parts if part), whole.currency)
    if abs(total.amount - whole.amount) > _ROUNDING:
        yield "/planning/budget/amount/amount", f"dice {whole} y sus partes suman {total}."


@rule("La clave presupuestaria se compone de sus partes.", "propia")
def _budget_key(view: View) -> Iterator[Finding]:
    for line in view.all("BudgetLine"):
        held = text(line.body, "id")
        if len("".join(filter(str.isalnum, held))) != WIDTH:
            continue  # another classification than the federal one
        try:
            key = parse(held)
        except BudgetKeyError as error:
            yield f"{line.at}/id", str(error)
            continue
        components = from_components([component for _, component in elements(line.body, "components")])
        if any(key[name] != code for name, code in components.items()):
            yield (
                f"{line.at}/components",
                "los componentes no son los de la clave completa. Vuelve a separarla.",
            )


@rule(
    "Los contratos de una adjudicación suman algo cercano a ella.",
    "Pelican consistente: contratos y adjudicación",
)
def _award_contracts(view: View) -> Iterator[Finding]:
    for award in view.all("Award"):
        awarded, agreed = money(award.body), _sum(view.contracts_of(award))
        if awarded and agreed and text(award.body, "status") in ("", "active") and _far(agreed, awarded):
            yield (
                f"{award.at}/value/amount",
                f"se adjudicaron {awarded} y sus contratos suman {agreed}: difieren más de 50 %.",
            )


@rule("Un contrato no pasa de lo adjudicado sin un convenio modificatorio.", "propia")
def _contract_award(view: View) -> Iterator[Finding]:
    for contract in view.all("Contract"):
        award = view.award_of(contract)
        agreed, awarded = money(contract.body), money(award.body) if award else None
        if (
            agreed
            and awarded
            and agreed.currency == awarded.currency
            and agreed.amount > awarded.amount + _CENT
            and not contract.body.get("amendments")
        ):
            yield (
                f"{contract.at}/value/amount",
                f"{agreed} es más de lo que se adjudicó ({awarded}), y no hay convenio modificatorio.",
            )


@rule("Los pagos no suman más que el contrato.", "Pelican consistente: pagos y contrato")
def _contract_payments(view: View) -> Iterator[Finding]:
    for contract in view.all("Contract"):
        at = f"{contract.at}/implementation/transactions"
        payments = [
            Block(f"{at}/{index}", "", payment)
            for index, payment in elements(inside(contract.body, "implementation"), "transactions")
        ]
        agreed, paid = money(contract.body), _sum(payments)
        if agreed and paid and agreed.currency == paid.currency and paid.amount > agreed.amount + _ROUNDING:
            yield (
                at,
                f"los pagos suman {paid} y el contrato es por {agreed}. Revisa los pagos o agrega el convenio modificatorio.",
            )


def _sum(blocks: Iterator[Block] | list[Block]) -> Money | None:
    """Return what the values of blocks add up to; None without any, or in several currencies."""
    amounts = [held for block in blocks if (held := money(block.body)) is not None]
    if len({held.currency for held in amounts}) != 1:
        return None
    return Money(sum(held.amount for held in amounts), amounts[0].currency)


def _far(one: Money, other: Money) -> bool:
    """Whether two amounts of one currency differ by more than half of the second; a zero says nothing."""
    return (
        one.currency == other.currency
        and other.amount > 0
        and one.amount != 0
        and abs(one.amount - other.amount) > _HALF * other.amount
    )


RULES: tuple[Rule, ...] = (
    _net_amount,
    _zero_amount,
    _negative,
    _amount_limit,
    _exchange_rate,
    _currency_mixed,
    _min_value,
    _budget_tender,
    _budget_awards,
    _budget_parts,
    _budget_key,
    _award_contracts,
    _contract_award,
    _contract_payments,
)
