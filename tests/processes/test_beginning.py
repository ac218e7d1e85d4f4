"""Beginning processes: through the verbs and the pages, against a real database."""

from collections.abc import Callable
from uuid import UUID, uuid4

import httpx2
import pytest
from sqlmodel import func, select

from app.core.db import Actor
from app.core.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from app.ocds.shape import Document
from app.processes import beginning
from app.processes.beginning import Beginning
from app.processes.models import ContractingProcess, ProcessVersion
from app.processes.queries import VersionRef, version, working_process
from tests.conftest import LiveServer, Place
from tests.factories import document, draft, new_ocid
from tests.html import Page

PROCEDURE = "Invitación a cuando menos tres personas"


@pytest.fixture
def editor(place: Place) -> Actor:
    return place.actor("so_editor")


def begin(place: Place, actor: Actor, **said: object) -> UUID:
    asked = {"process_id": uuid4(), "title": "Papel", "procedure": PROCEDURE} | said
    with place.database.unit_of_work(actor) as session:
        return beginning.create(session, actor, Beginning(**asked))  # type: ignore[arg-type]


def whole(place: Place, process_id: UUID) -> Document:
    with place.database.unit_of_work(place.system) as session:
        return working_process(session, place.system, process_id).document


def processes(place: Place) -> int:
    with place.database.unit_of_work(place.system) as session:
        return session.exec(select(func.count()).select_from(ContractingProcess)).one()


class TestCreate:
    """A new process."""

    def test_from_nothing_the_body_buys(self, place: Place) -> None:
        body = place.add_sujeto(name="Instituto de Salud", rfc="ISA010101AB1")
        process_id = begin(
            place, place.actor("so_editor", body), title="  Papel \n bond ", description=" Para todo "
        )

        reference = {"id": "MX-RFC-ISA010101AB1", "name": "Instituto de Salud"}
        assert whole(place, process_id) == {
            "language": "es",
            "parties": [
                {
                    **reference,
                    "identifier": {
                        "legalPersonality": "legalPerson",
                        "legalName": "Instituto de Salud",
                        "scheme": "MX-RFC",
                        "id": "ISA010101AB1",
                    },
                    "roles": ["buyer", "procuringEntity"],
                }
            ],
            "buyer": reference,
            "tender": {
                "title": "Papel bond",
                "description": "Para todo",
                "status": "planning",
                "procurementMethod": "selective",
                "procurementMethodDetails": PROCEDURE,
                "procuringEntity": reference,
            },
        }

    def test_without_rfc_the_body_has_an_id_of_ours(self, place: Place, editor: Actor) -> None:
        (party,) = whole(place, begin(place, editor))["parties"]
        assert party["id"].startswith("organization-")
        assert "scheme" not in party["identifier"]

    def test_its_ocid_is_the_tenants_and_short(self, place: Place, editor: Actor) -> None:
        process_id = begin(place, editor)
        with place.database.unit_of_work(editor) as session:
            process = working_process(session, editor, process_id)
            turn = version(session, editor, VersionRef(process_id, 1))
        assert process.ocid == f"{place.prefix}-{process_id.hex[:8]}"
        assert (turn.status, turn.source, turn.error_count > 0) == ("draft", "capture", True)

    def test_an_ocid_that_is_taken_is_not_given_again(self, place: Place, editor: Actor) -> None:
        wanted = uuid4()
        draft(place, ocid=f"{place.prefix}-{wanted.hex[:8]}")
        begin(place, editor, process_id=wanted)
        with place.database.unit_of_work(editor) as session:
            assert working_process(session, editor, wanted).ocid == f"{place.prefix}-{wanted.hex[:12]}"

    def test_asked_twice_it_is_begun_once(self, place: Place, editor: Actor) -> None:
        wanted = uuid4()
        assert {begin(place, editor, process_id=wanted) for _ in range(2)} == {wanted}
        assert processes(place) == 1
        with pytest.raises(NotFoundError):
            begin(place, place.actor("so_editor", place.add_sujeto()), process_id=wanted)

    @pytest.mark.parametrize("said", [{"title": " "}, {"title": "x" * 501}, {"procedure": "open"}])
    def test_what_matters_must_be_said(self, place: Place, editor: Actor, said: dict[str, str]) -> None:
        with pytest.raises(InvalidError):
            begin(place, editor, **said)
        assert processes(place) == 0

    @pytest.mark.parametrize("role", ["so_reader", "so_publisher", "garante_admin", "garante_reviewer"])
    def test_only_who_captures_begins(self, place: Place, role: str) -> None:
        with pytest.raises(ForbiddenError):
            begin(place, place.actor(role))


class TestFromAnother:
    """A process from an earlier one, or from a template."""

    @pytest.fixture
    def earlier(self, place: Place) -> str:
        ocid = new_ocid(place)
        items = [{"id": "7", "description": "Papel bond", "quantity": 3}]
        tender = document()["tender"] | {"items": items, "procurementMethodRationale": "Artículo 26"}
        draft(place, document(tender=tender), ocid=ocid)
        return ocid

    def test_it_takes_what_is_bought_and_not_what_happened(
        self, place: Place, editor: Actor, earlier: str
    ) -> None:
        copy = whole(place, begin(place, editor, earlier=earlier))
        assert copy["buyer"] == {"id": "MX-1", "name": "Secretaría de Pruebas"}
        assert copy["tender"]["items"] == [{"id": "7", "description": "Papel bond", "quantity": 3}]
        assert (copy["tender"]["title"], copy["tender"]["status"]) == ("Papel", "planning")
        assert not {"id", "value", "procurementMethodRationale"} & copy["tender"].keys()
        roles = {party["id"]: party["roles"] for party in copy["parties"]}
        assert roles["MX-1"] == ["buyer"]
        assert [one for id_, one in roles.items() if id_ != "MX-1"] == [["procuringEntity"]]

    def test_the_reasons_stay_with_the_same_procedure(
        self, place: Place, editor: Actor, earlier: str
    ) -> None:
        copy = whole(place, begin(place, editor, earlier=earlier, procedure="Licitación pública"))
        assert copy["tender"]["procurementMethodRationale"] == "Artículo 26"

    def test_not_from_another_bodys(self, place: Place, earlier: str) -> None:
        neighbour = place.actor("so_editor", place.add_sujeto())
        for one in (earlier, "ocds-nadie0-1"):
            with pytest.raises(NotFoundError):
                begin(place, neighbour, earlier=one)
        with place.database.unit_of_work(neighbour) as session:
            assert beginning.find_earlier(session, neighbour, "papelería") == []

    def test_found_by_words_in_any_order_without_accents(
        self, place: Place, editor: Actor, earlier: str
    ) -> None:
        with place.database.unit_of_work(editor) as session:
            for text in ("OFICINAS papeleria", earlier, "lpn-1"):
                assert [one.ocid for one in beginning.find_earlier(session, editor, text)] == [earlier]
            for text in ("", "   ", "100%", "nada"):
                assert beginning.find_earlier(session, editor, text) == []

    def test_a_template_is_its_bodys_own(self, place: Place, editor: Actor, earlier: str) -> None:
        neighbour = place.actor("so_editor", place.add_sujeto())
        with place.database.unit_of_work(editor) as session:
            (found,) = beginning.find_earlier(session, editor, earlier)
            row = beginning.save_template(session, editor, found.process_id, " Papelería  anual ")
            assert (row.name, "value" in row.document["tender"]) == ("Papelería anual", False)
        copy = whole(place, begin(place, editor, template_id=row.template_id))
        assert copy["tender"]["items"][0]["id"] == "7"
        with pytest.raises(NotFoundError):
            begin(place, neighbour, template_id=row.template_id)
        with place.database.unit_of_work(neighbour) as session:
            assert beginning.templates(session, neighbour) == []
            for verb in (beginning.retire_template, beginning.restore_template):
                with pytest.raises(NotFoundError):
                    verb(session, neighbour, row.template_id)
            with pytest.raises(NotFoundError):
                beginning.rename_template(session, neighbour, row.template_id, "Otra")
            with pytest.raises(NotFoundError):
                beginning.save_template(session, neighbour, found.process_id, "Mía")

    def test_names_of_templates_in_use_are_different(self, place: Place, editor: Actor, earlier: str) -> None:
        with place.database.unit_of_work(editor) as session:
            (found,) = beginning.find_earlier(session, editor, earlier)
            first = beginning.save_template(session, editor, found.process_id, "Papelería").template_id
            with pytest.raises(ConflictError):
                beginning.save_template(session, editor, found.process_id, "PAPELERIA")
            with pytest.raises(InvalidError):
                beginning.save_template(session, editor, found.process_id, "  ")
            beginning.rename_template(session, editor, first, "Cuadernos")
            beginning.retire_template(session, editor, first)
            assert beginning.templates(session, editor) == []
            beginning.save_template(session, editor, found.process_id, "Cuadernos")
            with pytest.raises(ConflictError):
                beginning.restore_template(session, editor, first)
        with pytest.raises(ConflictError):
            begin(place, editor, template_id=first)


class TestPages:
    """The same by forms."""

    @pytest.fixture
    def browser(self, place: Place, live: LiveServer, editor: Actor) -> httpx2.Client:
        return live.client(place.email("so_editor", editor.sujeto_obligado_id))

    def show(self, browser: httpx2.Client, path: str) -> Page:
        answer = browser.get(path)
        assert answer.status_code == 200, answer.text
        page = Page(answer.text)
        assert page.faults == []
        return page

    def test_a_double_click_begins_one_process(self, place: Place, browser: httpx2.Client) -> None:
        here = f"/{place.slug}/procesos-internos/nueva"
        assert here in self.show(browser, f"/{place.slug}/panel").links
        form = self.show(browser, here).form("/nueva")
        sent = {**form, "titulo": "Papel 📎 ورق", "procedimiento": "Adjudicación directa"}
        answers = [browser.post(here, data=sent) for _ in range(2)]
        assert {one.status_code for one in answers} == {303}
        (address,) = {one.headers["location"] for one in answers}
        assert address == f"/{place.slug}/procesos-internos/{form['clave']}/captura"
        assert processes(place) == 1
        assert "Papel 📎 ورق" in self.show(browser, f"/{place.slug}/procesos-internos").text

    def test_nothing_typed_is_lost_by_a_mistake(self, place: Place, browser: httpx2.Client) -> None:
        here = f"/{place.slug}/procesos-internos/nueva"
        form = self.show(browser, here).form("/nueva")
        answer = browser.post(
            here, data={**form, "titulo": "Papel", "objeto": "Para escribir", "anterior": "nada"}
        )
        page = Page(answer.text)
        assert (answer.status_code, page.faults) == (422, [])
        assert page.form("/nueva")["titulo"] == "Papel"
        assert "Para escribir" in page.text
        sent = {**form, "titulo": "Papel", "procedimiento": PROCEDURE, "anterior": "nada"}
        assert "No encontramos esa contratación" in browser.post(here, data=sent).text

    def test_an_earlier_process_is_found_without_script(self, place: Place, browser: httpx2.Client) -> None:
        ocid = new_ocid(place)
        earlier = draft(place, ocid=ocid)
        here = f"/{place.slug}/procesos-internos/nueva"
        form = self.show(browser, here).form("/nueva")
        answer = browser.post(here, data={**form, "titulo": "Otra", "anterior": "papeleria", "buscar": "1"})
        page = Page(answer.text)
        assert (answer.status_code, page.faults) == (200, [])
        assert f"Papelería para oficinas ({ocid})" in page.text
        assert page.form("/nueva")["titulo"] == "Otra"
        options = browser.get(f"/{place.slug}/procesos-internos/buscar?q=papeleria").json()
        assert options == [{"value": ocid, "label": "Papelería para oficinas", "hint": ocid, "fills": {}}]
        copying = self.show(browser, f"{here}?desde={earlier.process_id}").form("/nueva")
        assert (copying["anterior"], copying["titulo"]) == (ocid, "Papelería para oficinas")

    def test_a_template_is_kept_used_renamed_and_retired(self, place: Place, browser: httpx2.Client) -> None:
        ref = draft(place)
        address = f"/{place.slug}/procesos-internos/{ref.process_id}/plantilla"
        assert address in self.show(browser, address.removesuffix("/plantilla")).links
        assert browser.post(address, data={"nombre": ""}).status_code == 422
        home = browser.post(address, data=self.show(browser, address).form("/plantilla")).headers["location"]
        assert (
            "Ya hay una plantilla" in browser.post(address, data={"nombre": "papelería para oficinas"}).text
        )
        shelf = self.show(browser, home)
        (use,) = [link for link in shelf.links if "?plantilla=" in link]
        assert self.show(browser, use).form("/nueva")["titulo"] == "Papelería para oficinas"
        template = f"{home}/{use.partition('=')[2]}"
        assert browser.post(f"{template}/nombre", data={"nombre": "Cuadernos"}).status_code == 303
        retired = browser.post(f"{template}/retiro").headers["location"]
        page = self.show(browser, retired)
        assert "Se retiró «Cuadernos»" in page.text
        assert browser.post(f"{template}/recuperacion", data=page.form("/recuperacion")).status_code == 303
        assert "Cuadernos" in self.show(browser, home).text


def test_counts_are_known_from_the_start(
    place: Place, editor: Actor, make_place: Callable[..., Place]
) -> None:
    process_id = begin(place, editor)
    with place.database.unit_of_work(editor) as session:
        turn = session.exec(select(ProcessVersion).where(ProcessVersion.process_id == process_id)).one()
        assert turn.stale_since is None
