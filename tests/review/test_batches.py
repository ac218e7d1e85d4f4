"""One act on many versions, over real HTTP: each for itself, told one by one, and taken back together."""

from collections.abc import Callable
from uuid import UUID

import httpx2
import pytest

from app.core.errors import BadRequestError, InvalidError
from app.processes.queries import VersionRef
from app.review import batches
from tests.conftest import LiveServer, Place
from tests.factories import document, draft, invalid_document
from tests.html import Page
from tests.review.test_service import act, read


@pytest.fixture
def browser(place: Place, live: LiveServer) -> httpx2.Client:
    actor = place.actor("so_editor")
    return live.client(place.email("so_editor", actor.sujeto_obligado_id))


@pytest.fixture
def home(place: Place) -> str:
    return f"/{place.slug}/procesos-internos"


def titled(title: str) -> dict[str, object]:
    return document(tender=document()["tender"] | {"title": title})


def pick(ref: VersionRef, row_version: int = 1) -> str:
    return f"{ref.process_id}.{ref.number}.{row_version}"


def shown(answer: httpx2.Response) -> Page:
    assert answer.status_code == 200, answer.text
    page = Page(answer.text)
    assert page.faults == []
    return page


def picked(answer: httpx2.Response) -> list[str]:
    return [part.partition('"')[0] for part in answer.text.split('name="elegido" value="')[1:]]


def test_a_list_offers_boxes_for_what_can_be_sent(
    place: Place, browser: httpx2.Client, home: str, live: LiveServer
) -> None:
    waiting, sent = draft(place), draft(place)
    act(place, place.actor("so_editor"), "submit", sent)
    assert picked(browser.get(home)) == [pick(waiting)]
    reader = place.actor("so_reader")
    assert picked(live.client(place.email("so_reader", reader.sujeto_obligado_id)).get(home)) == []


def test_sent_together_with_each_ones_fate_told(place: Place, browser: httpx2.Client, home: str) -> None:
    good = [draft(place, titled(f"Bien {number}")) for number in range(3)]
    bad = draft(place, invalid_document())
    stale = draft(place, titled("Vieja"))
    foreign = draft(place, titled("Ajena"), sujeto=place.add_sujeto())
    chosen = [*map(pick, good), pick(bad), pick(stale, 9), pick(foreign)]

    asked = browser.post(f"{home}/lote", data={"acto": "submit", "elegido": chosen})
    page = shown(asked)
    assert "¿Enviar a revisión 4 versiones?" in page.text  # nobody has counted the errors of the bad one yet
    assert "Ajena" not in page.text
    assert "Alguien guardó cambios" in page.text
    assert [read(place, ref).status for ref in good] == ["draft"] * 3

    done = browser.post(
        f"{home}/lote/revision", data={"elegido": [*picked(asked), pick(stale, 9), pick(foreign)]}
    )
    told = shown(done)
    assert "3 versiones se enviaron a revisión" in told.text
    assert "3 se quedaron como estaban" in told.text
    assert "La versión tiene un error que impide publicarla" in told.text
    assert "Un proceso que no está en tu lista" in told.text
    assert "Ajena" not in told.text
    assert [read(place, ref).status for ref in good] == ["in_review"] * 3
    assert [read(place, ref).status for ref in (bad, stale, foreign)] == ["draft"] * 3

    back = browser.post(f"{home}/lote/retiro", data={"elegido": picked(done)})
    assert "3 versiones volvieron a borrador" in shown(back).text
    assert [read(place, ref).status for ref in good] == ["draft"] * 3


def test_discarded_together_and_brought_back(place: Place, browser: httpx2.Client, home: str) -> None:
    refs = [draft(place, titled(f"Caso {number}")) for number in range(2)]
    asked = browser.post(f"{home}/lote", data={"acto": "discard", "elegido": list(map(pick, refs))})
    assert "puedes recuperarlas durante 30 días" in shown(asked).text
    done = browser.post(f"{home}/lote/descarte", data={"elegido": picked(asked)})
    assert "2 borradores se descartaron" in shown(done).text
    assert [read(place, ref).status for ref in refs] == ["discarded"] * 2
    again = browser.post(
        f"{home}/lote/descarte", data={"elegido": picked(asked)}
    )  # the page loaded once more
    assert "Ninguna versión cambió" in shown(again).text
    back = browser.post(f"{home}/lote/recuperacion", data={"elegido": picked(done)})
    assert "2 borradores se recuperaron" in shown(back).text
    assert [read(place, ref).status for ref in refs] == ["draft"] * 2


def test_nobody_acts_beyond_their_role(place: Place, live: LiveServer, home: str) -> None:
    ref = draft(place)
    for role in ("so_reader", "so_publisher"):
        actor = place.actor(role)
        client = live.client(place.email(role, actor.sujeto_obligado_id))
        for segment in ("", "/revision", "/descarte", "/retiro", "/recuperacion"):
            answer = client.post(f"{home}/lote{segment}", data={"acto": "submit", "elegido": pick(ref)})
            assert answer.status_code == 403
    assert read(place, ref).status == "draft"


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"acto": "submit"}, 422),
        ({"acto": "publish", "elegido": f"{UUID(int=1)}.1.1"}, 400),
        ({"acto": "submit", "elegido": "x"}, 400),
        ({"acto": "submit", "elegido": [f"{UUID(int=n)}.1.1" for n in range(201)]}, 422),
    ],
)
def test_what_no_list_sends(
    browser: httpx2.Client, home: str, sent: dict[str, str | list[str]], status: int
) -> None:
    assert browser.post(f"{home}/lote", data=sent).status_code == status


def test_a_pick_is_read_as_it_is_written() -> None:
    one = batches.Pick(UUID(int=7), 2, 3)
    assert batches.picks([str(one), str(one)]) == [one]
    for text in ("", "x.1.1", f"{UUID(int=7)}.1", f"{UUID(int=7)}.-1.1", f"{UUID(int=7)}.1.9999999999"):
        with pytest.raises(BadRequestError):
            batches.picks([text])
    with pytest.raises(InvalidError):
        batches.picks([])


def test_many_come_in_one_order(place: Place, make_place: Callable[..., Place]) -> None:
    editor = place.actor("so_editor")
    refs = [draft(place, titled(f"Caso {number}")) for number in range(4)]
    chosen = [batches.Pick(ref.process_id, ref.number, 1) for ref in reversed(refs)]
    with place.database.unit_of_work(editor) as session:
        outcomes = batches.act_on(session, editor, "submit", chosen)
    assert [one.row.title if one.row else "" for one in outcomes] == [f"Caso {number}" for number in range(4)]
    assert {one.pick.row_version for one in outcomes} == {2}
