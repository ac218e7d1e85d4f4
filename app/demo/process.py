"""What may happen in a contracting process: each step adds to the document what that day made known."""

from datetime import date, timedelta

from app.demo import parties
from app.demo.draft import Draft, Method, cents, stamp
from app.demo.parties import Json, reference
from app.demo.phrases import (
    AMENDMENT_GROUNDS,
    AWARD_GROUNDS,
    CANCELLATION_GROUNDS,
    DIRECT_GROUNDS,
    TERMINATION_GROUNDS,
)

METHODS: dict[Method, str] = {
    "open": "Licitación pública",
    "selective": "Invitación a cuando menos tres personas",
    "direct": "Adjudicación directa",
}


class Process(Draft):
    """A process and its steps, in the order in which they may happen."""

    def plan(self) -> None:
        """The need, its budget by line, and the prices asked for in the market."""
        source = self._party(parties.treasury(self.place), "sourceParty")
        for number, (role, name) in enumerate(parties.AREAS, 1):
            self._party(parties.unit(self.buyer, name, number), role)
        year = self.today.year
        self.doc["planning"] = {
            "rationale": "Es necesario para cumplir las metas del programa anual de la institución.",
            "budget": {
                "id": f"{self.key}-SP-{year}",
                "description": f"Suficiencia presupuestaria {year}",
                "amount": self._value(self.estimate * 1.05),
                "project": "Programa Institucional de Demostración",
                "projectID": f"PID-{year}",
                "budgetBreakdown": [
                    {
                        "id": f"{self.key}-BB-{index}",
                        "description": f"Partida {line.code[:5]}",
                        "amount": self._value(quantity * price * 1.05),
                        "period": {
                            "startDate": stamp(date(year, 1, 1)),
                            "endDate": stamp(date(year, 12, 31)),
                        },
                        "sourceParty": source,
                        "budgetLines": [
                            {
                                "id": f"{self.key}-BL-{index}",
                                "components": [
                                    {"name": "budgetProgram", "level": 7, "code": "E001"},
                                    {"name": "spendingObject", "level": 11, "code": line.code[:5]},
                                    {"name": "budgetSource", "level": 13, "code": "1"},
                                ],
                                "measures": [
                                    {"id": "approved", "value": self._value(quantity * price * 1.05)}
                                ],
                            }
                        ],
                    }
                    for index, (line, quantity, price) in enumerate(self.lines, 1)
                ],
            },
            "hasQuotes": True,
            "requestsForQuotes": [self._request_for_quotes()],
            "documents": [
                self._document("needsAssessment", "Justificación de la contratación"),
                self._document("marketStudies", "Investigación de mercado"),
                *(
                    [self._document("feasibilityStudy", "Estudio de factibilidad")]
                    if self._is_works()
                    else []
                ),
            ],
            "milestones": [
                {
                    "id": "planeacion-1",
                    "title": "Autorización del comité",
                    "type": "approval",
                    "dueDate": self._now(30),
                    "status": "scheduled",
                }
            ],
        }

    def _request_for_quotes(self) -> Json:
        invited = self.random.sample(parties.firms(self.subject.trade), 3)
        answers = invited[: self.random.randint(1, 3)]
        return {
            "id": f"{self.key}-SC",
            "title": "Solicitud de cotización",
            "description": "Se pidió precio a tres empresas del ramo.",
            "period": {"startDate": self._now(-25), "endDate": self._now(-10)},
            "items": self._items(range(len(self.lines))),
            "invitedSuppliers": [self._party(firm, "invitedSupplier") for firm in invited],
            "quotes": [
                {
                    "id": f"{self.key}-COT-{index}",
                    "description": "Cotización con vigencia de treinta días",
                    "date": self._now(-12),
                    "value": self._value(self.estimate * self.random.uniform(0.95, 1.3)),
                    "issuingSupplier": self._party(firm, "issuingSupplier"),
                }
                for index, firm in enumerate(answers, 1)
            ],
        }

    def call(self) -> None:
        """The invitation to bid, or the decision to award directly."""
        self._wait(15, 40)
        self._met(self.doc["planning"]["milestones"])
        opened = self._is_open()
        self.opening = self.today + timedelta(days=self.random.randint(10, 20))
        self.months = self.random.randint(2, 11)
        start = self.opening + timedelta(days=40)
        self.period = {
            "startDate": stamp(start),
            "endDate": stamp(start + timedelta(days=30 * self.months)),
            "durationInDays": 30 * self.months,
        }
        self.doc["tender"] = {
            "id": f"{self.key}-PROC",
            "title": self.title,
            "description": f"{self.title}. Incluye entrega en sitio y garantía.",
            "status": "active",
            "procuringEntity": self._party(self.buyer, "procuringEntity"),
            "value": self._value(self.estimate),
            "minValue": self._value(self.estimate * 0.4),
            "procurementMethod": self.method,
            "procurementMethodDetails": METHODS[self.method],
            "procurementMethodRationale": self.random.choice(DIRECT_GROUNDS)
            if self.method == "direct"
            else "Se convoca conforme a la ley y al programa anual de contrataciones.",
            "mainProcurementCategory": self.subject.category,
            "additionalProcurementCategories": [self.subject.extended],
            "awardCriteria": "ratedCriteria" if self._is_works() else "priceOnly",
            "awardCriteriaDetails": "Puntos y porcentajes"
            if self._is_works()
            else "Precio más bajo solvente",
            "submissionMethod": ["electronicSubmission"] if self.random.random() < 0.6 else ["inPerson"],
            "tenderPeriod": {"startDate": self._now(), "endDate": stamp(self.opening)},
            "awardPeriod": {
                "startDate": stamp(self.opening),
                "endDate": stamp(self.opening + timedelta(days=15)),
            },
            "contractPeriod": self.period,
            "items": self._items(range(len(self.lines))),
            "documents": [
                self._document("tenderNotice", "Convocatoria" if opened else "Oficio de invitación"),
                self._document("technicalSpecifications", "Anexo técnico"),
            ],
            "milestones": [
                {
                    "id": "procedimiento-1",
                    "title": "Presentación y apertura de proposiciones",
                    "type": "engagement",
                    "dueDate": stamp(self.opening),
                    "status": "scheduled",
                }
            ],
        }

    def _open_bids(self, bidders: list[Json], valid: int) -> list[Json]:
        """The opening: who bid, at what price, and the clarification meeting before it."""
        tender = self.doc["tender"]
        meeting = self.opening - timedelta(days=6)
        if self.method == "open" and bidders:
            attendee = parties.representative(bidders[0], self.seed)
            host = parties.official(self.buyer, parties.POSITIONS[0], self.seed + 1)
            tender["hasEnquiries"] = True
            tender["clarificationMeetings"] = [
                {
                    "id": f"{self.key}-JA",
                    "date": stamp(meeting),
                    "attendees": [self._party(attendee, "attendee")],
                    "officials": [self._party(host, "official")],
                }
            ]
            tender["documents"].append(self._document("clarifications", "Acta de junta de aclaraciones"))
        tender["numberOfTenderers"] = len(bidders)
        if bidders:
            tender["tenderers"] = [self._party(bidder, "tenderer") for bidder in bidders]
        self._met(tender["milestones"])
        bids = [
            {
                "id": f"{self.key}-PROP-{index}",
                "date": stamp(self.opening),
                "status": "valid" if index <= valid else "disqualified",
                "tenderers": [reference(bidder)],
                "value": self._value(
                    self.estimate * (0.97 if index == 1 else self.random.uniform(0.98, 1.25))
                ),
            }
            for index, bidder in enumerate(bidders, 1)
        ]
        if bids:
            self.doc["bids"] = {
                "statistics": [
                    {"id": "proposiciones", "measure": "bids", "value": len(bids)},
                    {"id": "solventes", "measure": "validBids", "value": valid},
                ],
                "details": bids,
            }
        return bids

    def cancel(self) -> None:
        """The call is cancelled before anything is opened."""
        self._wait(5, 20)
        self.doc["tender"]["status"] = "cancelled"
        document = self._document("cancellationDetails", "Acuerdo de cancelación")
        document["description"] = self.random.choice(CANCELLATION_GROUNDS)
        self.doc["tender"]["documents"].append(document)

    def fail(self) -> None:
        """Nobody bid, or nobody could be accepted: the procedure is declared void (desierta)."""
        self.today = self.opening + timedelta(days=self.random.randint(3, 12))
        bidders = self.random.sample(parties.firms(self.subject.trade), self.random.randint(0, 2))
        self._open_bids(bidders, valid=0)
        self.doc["tender"]["status"] = "unsuccessful"
        self.doc["tender"]["documents"].append(
            self._document("unsuccessfulProcedureNotice", "Acta que declara desierto el procedimiento")
        )

    def award(self) -> None:
        """Bids are opened and one or two winners chosen."""
        self.today = self.opening + timedelta(days=self.random.randint(4, 15))
        lots = self._lots()
        bidders = self._bidders(len(lots))
        bids = self._open_bids(bidders, valid=max(len(lots), len(bidders) - self.random.randint(0, 2)))
        self.doc["tender"]["status"] = "complete"
        if self._is_open():
            self.doc["tender"]["documents"].append(
                self._document("evaluationReports", "Dictamen técnico y económico")
            )
        self.doc["awards"] = []
        for index, (lines, winner, bid) in enumerate(zip(lots, bidders, bids, strict=False), 1):
            items, net = self._priced_items(lines)
            self.doc["awards"].append({
                "id": f"{self.key}-ADJ-{index}",
                "title": self.title,
                "description": "Adjudicación por partida" if len(lots) > 1 else "Adjudicación total",
                "rationale": self.random.choice(AWARD_GROUNDS),
                "status": "active",
                "date": self._now(),
                "value": self._value(net),
                "suppliers": [self._party(winner, "supplier")],
                "items": items,
                "contractPeriod": self.period,
                "relatedBids": [bid["id"]],
                "documents": [self._document("awardNotice", "Fallo o notificación de adjudicación", index)],
            })  # fmt: skip

    def sign(self) -> None:
        """Each award becomes a contract with its guarantee."""
        self._wait(5, 15)
        guarantor = self.random.choice(parties.guarantors())
        self.doc["contracts"] = []
        for index, award in enumerate(self.doc["awards"], 1):
            value = award["value"]
            self.doc["contracts"].append({
                "id": f"{self.key}-CON-{index}",
                "awardID": award["id"],
                "title": self.title,
                "description": f"Contrato número {self.key}/{index}/{self.today.year}",
                "status": "active",
                "period": self.period,
                "value": value,
                "dateSigned": self._now(),
                "items": award["items"],
                "relatedBids": award["relatedBids"],
                "surveillanceMechanisms": ["internalControlUnit", *(["socialWitness"] if self._is_works() else [])],
                "guarantees": [
                    {
                        "id": f"{self.key}-GAR-{index}",
                        "type": "suretyBond",
                        "obligations": "fulfillment",
                        "date": self._now(),
                        "value": {**value, "amount": cents(value["amount"] / 10), "netAmount": cents(value["netAmount"] / 10)},
                        "guarantor": self._party(guarantor, "guarantor"),
                        "period": self.period,
                    }
                ],
                "documents": [
                    self._document("contractSigned", "Contrato firmado, versión pública", index),
                    self._document("contractGuarantees", "Póliza de garantía de cumplimiento", index),
                ],
                "milestones": [
                    {
                        "id": f"entrega-{index}-{part}",
                        "title": f"Entrega {part} de 2",
                        "type": "delivery",
                        "dueDate": stamp(self.today + timedelta(days=45 * part)),
                        "status": "scheduled",
                    }
                    for part in (1, 2)
                ],
            })  # fmt: skip

    def carry_out(self) -> None:
        """Work begins and a first part is paid."""
        self._wait(50, 200)
        for contract in self.doc["contracts"]:
            contract["implementation"] = {
                "status": "ongoing",
                "transactions": [],
                "milestones": [
                    {**contract["milestones"][0], "id": f"avance-{contract['id']}", "type": "reporting"}
                ],
                "documents": [
                    self._document("physicalProgressReport", "Informe de avance físico", contract["id"])
                ],
            }
            self._met(contract["milestones"][:1])
            self._met(contract["implementation"]["milestones"])
            self._pay(contract, self.random.choice((0.3, 0.45, 0.5)))
            if self._is_works():
                contract["implementation"]["milestones"].append({
                    "id": f"aviso-{contract['id']}",
                    "title": "Cierre parcial de la vialidad durante los trabajos",
                    "type": "publicNotices",
                    "dueDate": self._now(),
                    "status": "met",
                    "dateMet": self._now(),
                })  # fmt: skip

    def amend(self) -> None:
        """Each contract grows within what the law allows."""
        self._wait(5, 20)
        for index, contract in enumerate(self.doc["contracts"], 1):
            value, factor = contract["value"], 1 + self.random.randint(5, 20) / 100
            contract["value"] = {
                **value,
                "amount": cents(value["amount"] * factor),
                "netAmount": cents(value["netAmount"] * factor),
            }
            contract["amendments"] = [
                {
                    "id": f"{contract['id']}-CM-1",
                    "date": self._now(),
                    "rationale": self.random.choice(AMENDMENT_GROUNDS),
                    "description": f"Convenio modificatorio: el importe pasa de {value['amount']:,.2f}"
                    f" a {contract['value']['amount']:,.2f} {value['currency']}.",
                    "amendsReleaseID": self.releases[-1]["id"] if self.releases else f"{self.ocid}-1",
                    "releaseID": f"{self.ocid}-{len(self.releases) + 1}",
                }
            ]
            contract["documents"].append(self._document("contractAmendment", "Convenio modificatorio", index))

    def terminate(self) -> None:
        """The contracts end early, unfinished."""
        self._wait(10, 30)
        ground = self.random.choice(TERMINATION_GROUNDS)
        for index, contract in enumerate(self.doc["contracts"], 1):
            contract["status"] = "terminated"
            contract["implementation"]["status"] = "concluded"
            contract["milestones"][1]["status"] = "notMet"
            document = self._document("contractArrangements", "Acuerdo de terminación del contrato", index)
            contract["documents"].append(document | {"description": ground})

    def conclude(self) -> None:
        """Everything is delivered, paid and closed."""
        self._wait(60, 200)
        for contract in self.doc["contracts"]:
            contract["status"] = "terminated"
            self._met(contract["milestones"])
            paid = sum(
                payment["value"]["netAmount"] for payment in contract["implementation"]["transactions"]
            )
            self._pay(contract, 1 - paid / contract["value"]["netAmount"])
            contract["implementation"]["status"] = "concluded"
            contract["implementation"]["documents"].append(
                self._document("completionCertificate", "Acta de entrega y recepción", contract["id"])
            )

    def _pay(self, contract: Json, share: float) -> None:
        payments, total = contract["implementation"]["transactions"], contract["value"]
        [supplier] = next(a["suppliers"] for a in self.doc["awards"] if a["id"] == contract["awardID"])
        payments.append({
            "id": f"{contract['id']}-PAGO-{len(payments) + 1}",
            "date": self._now(-2),
            "value": self._value(total["netAmount"] * share),
            "paymentMethod": "wireTransfer",
            "payer": self._party(parties.treasury(self.place), "payer"),
            "payee": self._party(self.parties[supplier["id"]], "payee"),
        })  # fmt: skip
