"""Asking for a withdrawal and deciding it, and reserving, as people do: over real HTTP, without scripts."""

from collections.abc import Callable
from urllib.parse import quote
from uuid import UUID

import httpx2
import pytest
from sqlmodel import select

from app.core.audit import AuditEvent
from app.processes.queries import load_working
from app.publication.models import WithdrawalRequest
from tests.conftest import LiveServer, Place
from tests.factories import draft, new_ocid
from tests.publication.conftest import Press, tender

ASKED = {
    "alcance": "todo",
    "supuesto": "personal",
    "articulo": "Artículo 115 de la Ley de Prueba",
    "motivo": "Nombra a una menor.",
    "testar": "no",
}


@pytest.fixture
def press(make_place: Callable[..., Place], live: LiveServer) -> Press:
    place = make_place(policy="direct")
    live.app.state.directory.forget()
    return Press(place)


class Desk:
    """Somebody's browser at the pages of one published process."""

    def __init__(self, live: LiveServer, press: Press) -> None:
        self.live, self.place = live, press.place
        self.ocid, _ = press.release(tender(title="Con un dato de más"))
        with self.place.database.unit_of_work(self.place.system) as session:
            found = load_working(session, self.place.system, [self.ocid])
        self.process_id = found[self.ocid].process_id
        self.home = f"/{self.place.slug}/procesos-internos/{self.process_id}"
        self._clients: dict[str, httpx2.Client] = {}

    def at(self, role: str) -> httpx2.Client:
        """The browser of somebody with the role."""
        if role not in self._clients:
            self.place.actor(role)
            sujeto = self.place.sujetos[0] if role.startswith("so_") else None
            self._clients[role] = self.live.client(self.place.email(role, sujeto))
        return self._clients[role]

    def ask(self, **changes: str) -> str:
        """Ask for a withdrawal; return the address of the request."""
        answer = self.at("so_publisher").post(f"{self.home}/retiros/nuevo", data=ASKED | changes)
        assert answer.status_code == 303, answer.text
        return answer.headers["location"]


@pytest.fixture
def desk(live: LiveServer, press: Press) -> Desk:
    return Desk(live, press)


def test_a_withdrawal_from_asking_to_the_tombstone(desk: Desk) -> None:
    asking = desk.at("so_publisher").get(f"{desk.home}/retiros/nuevo")
    request = desk.ask()
    waiting = desk.at("garante_reviewer").get(f"/{desk.place.slug}/retiros")
    deciding = desk.at("garante_reviewer").get(request)
    slip = desk.at("garante_reviewer").post(f"{request}/aprobacion", data={"confirmo": "retirar"})
    stands = desk.at("so_reader").get(f"/{desk.place.slug}/procesos/{desk.ocid}")
    done = desk.at("garante_reviewer").post(f"{request}/aprobacion", data={"confirmo": "RETIRAR"})

    assert "Toda la contratación" in asking.text
    assert request in waiting.text
    assert "entrega publicada" in deciding.text
    assert "No puede deshacerse" in deciding.text
    assert (slip.status_code, stands.status_code, done.status_code) == (422, 200, 303)
    gone = desk.live.client().get(f"/{desk.place.slug}/procesos/{desk.ocid}")
    assert gone.status_code == 410
    assert "Artículo 115 de la Ley de Prueba" in gone.text
    log = desk.live.client().get(f"/{desk.place.slug}/bitacora-publica")
    assert "Nombra a una menor." in log.text
    assert "Retirada" in desk.at("so_editor").get(desk.home).text
    again = desk.at("garante_reviewer").post(f"{request}/aprobacion", data={"confirmo": "RETIRAR"})
    assert again.status_code == 409


def test_what_is_missing_is_said_and_nothing_is_lost(desk: Desk) -> None:
    wrong = desk.at("so_publisher").post(
        f"{desk.home}/retiros/nuevo", data=ASKED | {"supuesto": "otro", "motivo": "Queda escrito"}
    )
    nowhere = desk.at("so_publisher").post(f"{desk.home}/retiros/nuevo", data=ASKED | {"testar": "lugares"})

    absent = [
        desk.at("so_publisher").post(
            f"{desk.home}/retiros/nuevo", data=ASKED | {"testar": "lugares", "lugar": place}
        )
        for place in ("/noexiste", "x", "", "tender/title")
    ]

    assert (wrong.status_code, nowhere.status_code) == (422, 422)
    assert [answer.status_code for answer in absent] == [422] * 4
    assert "ya no está en el expediente" in absent[0].text
    assert "Queda escrito" in wrong.text
    assert "Elige de 1 a 100 datos" in nowhere.text


def test_refusing_leaves_everything_and_says_why(desk: Desk) -> None:
    request = desk.ask()

    silent = desk.at("garante_reviewer").post(f"{request}/negativa", data={"motivo": ""})
    refused = desk.at("garante_reviewer").post(
        f"{request}/negativa", data={"motivo": "No es un dato personal."}
    )

    assert (silent.status_code, refused.status_code) == (422, 303)
    assert "No es un dato personal." in desk.at("so_publisher").get(request).text
    assert desk.live.client().get(f"/{desk.place.slug}/procesos/{desk.ocid}").status_code == 200


def test_a_second_request_waits_for_the_first_and_may_be_taken_back(desk: Desk) -> None:
    request = desk.ask()

    second = desk.at("so_publisher").post(f"{desk.home}/retiros/nuevo", data=ASKED)
    taken_back = desk.at("so_publisher").post(f"{request}/cancelacion")

    assert (second.status_code, taken_back.status_code) == (409, 303)
    desk.ask()


@pytest.mark.parametrize("role", ["so_editor", "so_reader", "so_admin", "garante_admin", "so_publisher"])
def test_only_the_garante_decides(desk: Desk, role: str) -> None:
    request = desk.ask()

    for act in ("aprobacion", "negativa"):
        answer = desk.at(role).post(f"{request}/{act}", data={"confirmo": "RETIRAR", "motivo": "x"})
        assert answer.status_code == 403
    assert WithdrawalRequest.__tablename__ == "withdrawal_request"


def test_another_bodys_people_find_nothing(desk: Desk) -> None:
    request = desk.ask()
    other = desk.place.add_sujeto()
    desk.place.actor("so_publisher", other)
    stranger = desk.live.client(desk.place.email("so_publisher", other))

    for address in (
        request,
        f"{desk.home}/retiros",
        f"{desk.home}/retiros/nuevo",
        f"{desk.home}/reservas/datos",
    ):
        assert stranger.get(address).status_code == 404
    assert stranger.post(f"{request}/cancelacion").status_code == 404
    assert request not in stranger.get(f"/{desk.place.slug}/retiros").text


def test_a_reservation_from_choosing_to_its_extension(desk: Desk) -> None:
    publisher, reviewer = desk.at("so_publisher"), desk.at("garante_reviewer")
    found = publisher.get(f"{desk.home}/reservas/datos?buscar=TÍTULO")
    form = publisher.get(f"{desk.home}/reservas/nueva?lugar={quote('/tender/title')}")
    sent = {
        "lugar": "/tender/title",
        "clase": "reserved",
        "supuesto": "security",
        "articulo": "Artículo 112",
        "motivo": "Revela cómo se vigila.",
        "hasta": "31/12/2028",
        "dano": "Facilita evadirla.",
    }
    asked = publisher.post(f"{desk.home}/reservas/nueva", data=sent)
    here = asked.headers["location"]
    granted = reviewer.post(f"{here}/autorizacion")
    short = reviewer.post(
        f"{here}/prorroga", data={"hasta": "31/12/2027", "fundamento": "Siguen las causas."}
    )
    longer = reviewer.post(
        f"{here}/prorroga", data={"hasta": "31/12/2030", "fundamento": "Siguen las causas."}
    )

    assert 'value="/tender/title"' in found.text
    assert "Con un dato de más" in form.text
    assert (asked.status_code, granted.status_code, short.status_code, longer.status_code) == (
        303,
        303,
        422,
        303,
    )
    assert "Prorrogada" in publisher.get(here).text
    assert "Facilita evadirla." in publisher.get(here).text
    page = desk.live.client().get(f"/{desk.place.slug}/procesos/{desk.ocid}")
    assert "sin publicar hasta el 31 dic 2030, con prórroga" in page.text
    assert reviewer.post(f"{here}/fin", data={"motivo": "Ya no hay causas."}).status_code == 303


def test_places_to_redact_are_chosen_from_what_the_document_says(desk: Desk) -> None:
    publisher = desk.at("so_publisher")
    ref = draft(desk.place, tender(title="Borrador"), ocid=new_ocid(desk.place))
    nothing = publisher.get(f"/{desk.place.slug}/procesos-internos/{ref.process_id}/retiros")
    request = desk.ask(testar="lugares", lugar="/tender/title")

    assert "Título" in desk.at("garante_reviewer").get(request).text
    assert "No hay nada publicado que retirar" in nothing.text
    assert UUID(request.rpartition("/")[2])


def test_the_proof_of_harm_is_for_few_and_reading_it_is_recorded(desk: Desk) -> None:
    sent = {
        "lugar": "/tender/title",
        "clase": "reserved",
        "supuesto": "security",
        "articulo": "Artículo 112",
        "motivo": "Revela cómo se vigila.",
        "hasta": "31/12/2028",
        "dano": "Facilita evadirla.",
    }
    here = desk.at("so_publisher").post(f"{desk.home}/reservas/nueva", data=sent).headers["location"]
    readers = ("so_reader", "so_publisher", "garante_reviewer")
    desk.place.actor("garante_admin")

    shown = {
        role: "Facilita evadirla." in desk.at(role).get(here).text for role in (*readers, "garante_admin")
    }

    with desk.place.database.unit_of_work(desk.place.system) as session:
        read = select(AuditEvent.account_id).where(
            AuditEvent.tenant_id == desk.place.tenant_id, AuditEvent.verb == "reservation.read"
        )
        noted = set(session.exec(read).all())
    assert noted == {desk.place.actor(role).account_id for role, seen in shown.items() if seen}
    assert shown["garante_reviewer"]
    assert not shown["garante_admin"]
    assert "Revela cómo se vigila." in desk.at("garante_admin").get(here).text
    history = desk.at("so_publisher").get(desk.home).text
    assert "Leyó la prueba de daño" not in history
