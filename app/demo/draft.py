"""A contracting process while it is being told: what is known today, and the pieces it is made of."""

from copy import deepcopy
from datetime import date, timedelta
from random import Random
from typing import Literal

from app.demo import parties
from app.demo.bodies import DemoSujeto, Place
from app.demo.parties import Json, reference
from app.demo.phrases import SUBJECTS, UNITS, Line
from app.ocds import tags

Method = Literal["open", "selective", "direct"]

FIRST_DAY, LAST_DAY = date(2024, 1, 8), date(2026, 10, 30)
"""Nothing happens outside these days (plans and periods may reach further)."""

_VAT = 1.16
_HOURS = "T10:00:00-06:00"  # the four states share it all year round since 2022


class Draft:
    """The document as known on `today`, and the releases told so far.

    Everything is drawn from `random`, which is seeded with the ocid.
    """

    def __init__(self, place: Place, sujeto: DemoSujeto, number: int, *, method: Method) -> None:
        self.ocid = f"{place.prefix}-{sujeto.key}-{number:04}"
        self.random = random = Random(self.ocid)  # noqa: S311 - invented data, not a secret
        self.place, self.sujeto, self.method = place, sujeto, method
        self.today = FIRST_DAY
        self.releases: list[Json] = []
        self.key = f"{sujeto.key.upper()}-{number:04}"
        self.seed = random.randrange(10_000)
        subjects = [subject for subject in SUBJECTS if subject.sectors & sujeto.sectors]
        self.subject = subjects[number % len(subjects)]
        self.title = self.subject.title.format(place=random.choice(place.towns))
        self.dollars = self.subject.dollars and random.random() < 0.4
        self.rate = round(random.uniform(16.8, 20.4), 4)
        self.lines = [(line, *self._drawn(line)) for line in self.subject.lines]
        self.estimate = sum(quantity * price for _, quantity, price in self.lines)
        self.parties: dict[str, Json] = {}
        self.doc: Json = {"initiationType": "tender", "language": "es"}
        self.buyer = parties.institution(sujeto, place)
        self.doc["buyer"] = self._party(self.buyer, "buyer")

    def publish(self) -> None:
        """Tell all that is known today, tagged by what changed."""
        known = deepcopy({"parties": list(self.parties.values()), **self.doc})
        last = self.releases[-1] if self.releases else None
        self.releases.append({
            "ocid": self.ocid,
            "id": f"{self.ocid}-{len(self.releases) + 1}",
            "date": self._now(),
            "tag": tags.derive(last, known),
            **known,
        })  # fmt: skip

    def _drawn(self, line: Line) -> tuple[int, float]:
        """A quantity and a unit price for `line`, in the currency of the process."""
        low, high = line.quantities
        price = self.random.uniform(*line.prices) / (self.rate if self.dollars else 1)
        return self.random.randint(low, high), cents(price)

    def _lots(self) -> list[list[int]]:
        """Which lines are awarded together: all to one, or a fifth of the many-line tenders to two."""
        lines = list(range(len(self.lines)))
        if (
            len(lines) > 1
            and self._is_open()
            and self.subject.category == "goods"
            and self.random.random() < 0.35
        ):
            return [lines[:1], lines[1:]]
        return [lines]

    def _bidders(self, winners: int) -> list[Json]:
        """Who bids, winners first: one for a direct award, three for an invitation, one to six for a tender."""
        firms = parties.firms(self.subject.trade)
        if self.method == "direct":
            small = self.estimate < 1_500_000 and not self.dollars
            return [self.random.choice(parties.persons() if small else firms)]
        many = 3 if self.method == "selective" else self.random.randint(1, 6)
        bidders = self.random.sample(firms, max(many, winners))
        if self.estimate < 2_000_000 and self.random.random() < 0.5:
            bidders[-1] = self.random.choice(parties.persons())
        if self._is_works() and self.method == "open" and self.random.random() < 0.4:
            members = self.random.sample(firms, 2)
            joint = parties.consortium(members, self.seed)
            for member in members:
                self._party({**member, "memberOf": [reference(joint)]})
            return [joint, *(bidder for bidder in bidders[1:] if bidder not in members)]
        return bidders

    def _items(self, lines: range) -> list[Json]:
        return [self._item(index) for index in lines]

    def _item(self, index: int) -> Json:
        line, quantity, _ = self.lines[index]
        item: Json = {
            "id": f"{self.key}-P{index + 1}",
            "description": line.description,
            "classification": {"scheme": "CUCOP", "id": line.code},
            "quantity": quantity,
            "unit": {"scheme": "UNCEFACT", "id": UNITS[line.unit], "name": line.unit},
        }
        if self._is_works():
            longitude, latitude = self.place.capital
            item["deliveryLocations"] = [
                {
                    "description": "Sitio de los trabajos",
                    "geometry": {
                        "type": "Point",
                        "coordinates": [
                            round(longitude + (self.seed % 97) / 500, 4),
                            round(latitude + (self.seed % 89) / 500, 4),
                        ],
                    },
                }
            ]
        return item

    def _priced_items(self, lines: list[int]) -> tuple[list[Json], float]:
        """Items with the unit price that won, and what they cost together before taxes."""
        items, net = [], 0.0
        for index in lines:
            _, quantity, price = self.lines[index]
            won = cents(price * 0.97)
            item = self._item(index)
            item["unit"]["value"] = self._value(won)
            items.append(item)
            net += won * quantity
        return items, net

    def _party(self, party: Json, *roles: str) -> Json:
        """Let `party` take part, with these roles besides those it has; the reference to it."""
        known = self.parties.setdefault(party["id"], {**party})
        known.update({key: value for key, value in party.items() if key == "memberOf"})
        held = known.get("roles", [])
        if roles:
            known["roles"] = [*held, *(role for role in roles if role not in held)]
        return reference(party)

    def _value(self, net: float) -> Json:
        """An amount with and without taxes; in dollars, with the rate of the day."""
        value: Json = {"amount": cents(net * _VAT), "netAmount": cents(net), "currency": "MXN"}
        if self.dollars:
            rate = {"rate": self.rate, "currency": "MXN", "date": self._now(), "source": "contract"}
            value |= {"currency": "USD", "exchangeRates": [rate]}
        return value

    def _document(self, kind: str, title: str, number: int | str = 1) -> Json:
        name = f"{kind}-{number}"
        return {
            "id": name,
            "documentType": kind,
            "title": title,
            "url": f"https://demo.example/{self.place.slug}/documentos/{self.ocid}/{name}.pdf",
            "datePublished": self._now(),
            "format": "application/pdf",
            "language": "es",
        }

    def _met(self, milestones: list[Json]) -> None:
        for milestone in milestones:
            milestone.setdefault("dateMet", self._now())
            milestone["status"] = "met"

    def _is_works(self) -> bool:
        return self.subject.category == "works"

    def _is_open(self) -> bool:
        return self.method != "direct"

    def _wait(self, least: int, most: int) -> None:
        self.today += timedelta(days=self.random.randint(least, most))

    def _now(self, days: int = 0) -> str:
        return stamp(self.today + timedelta(days=days))


def stamp(day: date) -> str:
    """The working hour of `day`, as OCDS writes date-times."""
    return f"{day.isoformat()}{_HOURS}"


def cents(amount: float) -> float:
    """`amount` rounded to cents."""
    return round(amount, 2)
