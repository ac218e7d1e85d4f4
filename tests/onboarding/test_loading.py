"""Files of the padrón: what each row would do, what a person chooses, and what comes of it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from uuid import UUID

import pytest
import xlsxwriter
from sqlmodel import select

from app.core import clock
from app.core.db import Actor, Database
from app.core.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError, TooLargeError
from app.core.storage import Storage
from app.onboarding import loading, queries, service
from app.onboarding.models import PadronLoad, PadronRow
from app.onboarding.reading import LARGEST_FILE, MOST_ROWS
from app.tenancy.models import SujetoObligado
from tests.conftest import Place, place_maker


@dataclass
class Office:
    """Somebody who keeps a padrón, and the jobs done at once."""

    place: Place
    storage: Storage

    @property
    def keeper(self) -> Actor:
        return self.place.actor("garante_admin")

    def send(self, content: bytes, name: str = "padron.csv") -> PadronLoad:
        """Send a file and have it read."""
        with self.place.database.unit_of_work(self.keeper) as session:
            load = loading.receive(session, self.keeper, self.storage, BytesIO(content), filename=name)
        loading.read_load(self.place.database, self.place.system, self.storage, load.load_id)
        return self.load(load.load_id)

    def load(self, load_id: UUID) -> PadronLoad:
        with self.place.database.unit_of_work(self.keeper) as session:
            return queries.load(session, self.keeper, load_id)

    def rows(self, load: PadronLoad) -> dict[str, PadronRow]:
        """The rows of a file by name."""
        with self.place.database.unit_of_work(self.keeper) as session:
            found = session.exec(select(PadronRow).where(PadronRow.load_id == load.load_id)).all()
        return {row.name: row for row in found}

    def choose(self, load: PadronLoad, choices: dict[int, str]) -> None:
        with self.place.database.unit_of_work(self.keeper) as session:
            loading.choose(session, self.keeper, load.load_id, choices)

    def apply(self, load: PadronLoad) -> PadronLoad:
        """Order what was chosen and have it done, twice: a job may run again."""
        with self.place.database.unit_of_work(self.keeper) as session:
            loading.order(session, self.keeper, load.load_id)
        for _ in range(2):
            loading.apply_load(self.place.database, self.place.system, load.load_id)
        return self.load(load.load_id)

    def bodies(self) -> dict[str, SujetoObligado]:
        """The padrón by key."""
        with self.place.database.unit_of_work(self.keeper) as session:
            rows = session.exec(
                select(SujetoObligado).where(SujetoObligado.tenant_id == self.place.tenant_id)
            ).all()
        return {row.key: row for row in rows}

    def body(self, **values: str) -> SujetoObligado:
        """Enter a body by a file of one row."""
        content = ",".join(values) + "\n" + ",".join(values.values()) + "\n"
        before = set(self.bodies())
        self.apply(self.send(content.encode()))
        (key,) = set(self.bodies()) - before
        return self.bodies()[key]


@pytest.fixture
def office(place: Place, storage: Storage) -> Office:
    return Office(place, storage)


HEAD = "ID PNT,Sujeto obligado,Siglas,RFC,Ámbito,Poder,Sector,Correo\n"


@pytest.mark.parametrize("key", ["SO/1", "../x", "..", "¿qué?#", "50%"])
def test_a_key_that_no_address_bears_is_not_taken(office: Office, key: str) -> None:
    load = office.send(f"Clave,Nombre\n{key},Instituto de la Clave\nSO-1.b 2,Otro Instituto\n".encode())
    rows = office.rows(load)
    assert "no se toma" in rows["Instituto de la Clave"].reason
    assert rows["Otro Instituto"].reason == ""
    office.apply(load)
    assert {"SO-1.b 2"} == {one for one in office.bodies() if one.startswith("SO")}
    with (
        office.place.database.unit_of_work(office.keeper) as session,
        pytest.raises(InvalidError, match="clave"),
    ):
        service.add(session, office.keeper, {"name": "Tercero", "key": key})


def test_new_bodies_are_added_with_all_that_the_file_tells(office: Office) -> None:
    load = office.send(
        (
            HEAD
            + "101,Secretaría de Ejemplo,SE,SEJ850101A10,ESTATAL,Poder Ejecutivo,Salud,se@ejemplo.gob.mx\n"
        ).encode()
    )
    assert load.counts == {"new": 1, "missing": 1}
    assert not office.bodies().keys() & {"pnt-101"}, "nothing is done before it is ordered"

    done = office.apply(load)

    body = office.bodies()["pnt-101"]
    assert done.counts["done_added"] == 1
    assert (body.name, body.short_name, body.scope, body.branch) == (
        "Secretaría de Ejemplo",
        "SE",
        "estatal",
        "ejecutivo",
    )
    assert (body.sector, body.contact_email, body.policy) == ("Salud", "se@ejemplo.gob.mx", "garante")
    with office.place.database.unit_of_work(office.keeper) as session:
        (turn,) = queries.history(session, office.keeper, body)
    assert (turn.act, turn.filename, turn.row_number) == ("add", "padron.csv", 2)


def test_the_same_file_again_changes_nothing(office: Office) -> None:
    content = (HEAD + "101,Secretaría de Ejemplo,SE,,,,,\n102,Instituto de Ejemplo,,,,,,\n").encode()
    office.apply(office.send(content))

    again = office.send(content)

    assert again.counts == {"equal": 2, "missing": 1}
    with (
        office.place.database.unit_of_work(office.keeper) as session,
        pytest.raises(ConflictError, match="No hay nada"),
    ):
        loading.order(session, office.keeper, again.load_id)


def test_a_change_is_shown_field_by_field_and_an_empty_cell_takes_nothing_away(office: Office) -> None:
    office.body(**{"id pnt": "101", "nombre": "Secretaría de Ejemplo", "siglas": "SE", "sector": "Salud"})

    load = office.send((HEAD + "101,Secretaría de Ejemplo,SECEJ,,Municipal,,,\n").encode())
    row = office.rows(load)["Secretaría de Ejemplo"]

    assert (row.outcome, row.choice) == ("changed", "change")
    assert row.changed == {"short_name": ["SE", "SECEJ"], "scope": ["", "municipal"]}
    office.apply(load)
    body = office.bodies()["pnt-101"]
    assert (body.short_name, body.scope, body.sector, body.row_version) == ("SECEJ", "municipal", "Salud", 2)


def test_a_new_name_waits_for_a_person_and_keeps_the_old_one_in_time(office: Office) -> None:
    office.body(**{"id pnt": "101", "nombre": "Secretaría de Salud Pública"})
    load = office.send((HEAD + "101,Secretaría del Bienestar,,,,,,\n").encode())
    row = office.rows(load)["Secretaría del Bienestar"]
    assert (row.outcome, row.choice) == ("renamed", "leave")
    with (
        office.place.database.unit_of_work(office.keeper) as session,
        pytest.raises(ConflictError, match="No hay nada"),
    ):
        loading.order(session, office.keeper, load.load_id)

    office.choose(load, {row.row_number: "change"})
    office.apply(load)

    body = office.bodies()["pnt-101"]
    with office.place.database.unit_of_work(office.keeper) as session:
        names = queries.names(session, office.keeper, body.sujeto_obligado_id)
    assert body.name == "Secretaría del Bienestar"
    assert [(one.name, one.valid_from is None, one.valid_to is None) for one in names] == [
        ("Secretaría del Bienestar", False, True),
        ("Secretaría de Salud Pública", True, False),
    ]


@pytest.mark.parametrize(
    ("choice", "bodies", "name"),
    [
        ("leave", 2, "Comisión Estatal del Agua"),
        ("change", 2, "Comision Estatal de Agua"),
        ("add", 3, "Comisión Estatal del Agua"),
    ],
    ids=["left-alone", "the-same", "another"],
)
def test_a_name_that_is_nearly_another_is_a_persons_choice(
    office: Office, choice: str, bodies: int, name: str
) -> None:
    office.body(**{"id pnt": "101", "nombre": "Comisión Estatal del Agua"})
    load = office.send(
        (HEAD + "909,Comision Estatal de Agua,,,,,,\n103,Otra Cosa Muy Distinta,,,,,,\n").encode()
    )
    row = office.rows(load)["Comision Estatal de Agua"]
    assert (row.outcome, row.choice) == ("alike", "leave")
    assert "se parece" in row.reason.casefold()

    office.choose(load, {row.row_number: choice})
    office.apply(load)

    assert len(office.bodies()) == bodies + 1  # with what no one doubted
    assert office.bodies()["pnt-101"].name == name


def test_rows_of_other_states_are_told_and_left_to_their_garante(office: Office, shared_data: Path) -> None:
    directory = shared_data / "directory" / "pnt_sujetos_obligados_id_2025.tsv"
    load = office.send(directory.read_bytes(), "directorio.tsv")

    whole = len(directory.read_text("utf-8").splitlines())
    counts = load.counts
    assert counts["new"] + counts.get("alike", 0) + counts.get("refused", 0) + counts["elsewhere"] == whole
    assert 500 < counts["new"] < 600
    unsaid = [row for row in office.rows(load).values() if "de qué entidad" in row.reason]
    assert unsaid
    assert {(row.outcome, row.choice) for row in unsaid} == {("alike", "leave")}
    assert counts["elsewhere"] > 8_000
    done = office.apply(load)
    assert done.counts["done_added"] == counts["new"]
    assert not any(body.name.startswith("JAL - ") for body in office.bodies().values())


def workbook(rows: list[list[object]], merged: tuple[int, int, int, int] | None = None) -> bytes:
    made = BytesIO()
    with xlsxwriter.Workbook(made, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        for at, cells in enumerate(rows):
            sheet.write_row(at, 0, cells)
        if merged:
            first_row, first_column, last_row, last_column = merged
            sheet.merge_range(*merged, rows[first_row][first_column])
            assert (last_row, last_column) >= (first_row, first_column)
    return made.getvalue()


@pytest.mark.parametrize(
    "encode",
    [
        lambda text: text.encode(),
        lambda text: text.encode("utf-8-sig"),
        lambda text: text.encode("cp1252"),
        lambda text: text.encode("utf-16"),
        lambda text: text.replace(",", ";").encode(),
        lambda text: text.replace(",", "\t").encode(),
        lambda text: workbook(
            [[int(c) if c.isdecimal() else c for c in line.split(",")] for line in text.splitlines()]
        ),
    ],
    ids=["utf-8", "bom", "cp1252", "utf-16", "semicolons", "tabs", "xlsx"],
)
def test_files_come_in_every_usual_form(office: Office, encode: Callable[[str], bytes]) -> None:
    load = office.send(encode("PADRÓN 2026,\nID,Denominación\n101,Órgano de Ñandúes\n"))
    assert office.rows(load)["Órgano de Ñandúes"].told["pnt_id"] == "101"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"   \n \n", "vacío"),
        (b"columna,otra\n1,2\n", "«Nombre»"),
        (b"id,nombre\n", "solo trae los nombres"),
        (b"PK\x03\x04 no es un libro", "dañado"),
        (b'id,nombre\n1,"sin cerrar\n', "comillas"),
    ],
    ids=["blank", "heads", "head-only", "damaged", "quotes"],
)
def test_a_file_that_cannot_be_used_says_what_it_lacks(office: Office, content: bytes, said: str) -> None:
    load = office.send(content)
    assert load.failed_at
    assert said in load.message


def test_a_row_that_cannot_be_used_says_why_and_the_others_go_on(office: Office) -> None:
    content = workbook(
        [
            ["ID PNT", "Nombre", "RFC", "Correo", "Ámbito"],
            ["1", "Primero de Ejemplo", "no es rfc", "sin arroba", "galáctico"],
            ["2", "Segundo de Ejemplo", "", "", ""],
            ["3", "", "", "", ""],
            ["1", "Cuarto de Ejemplo", "", "", ""],
            ["5", "x" * 501, "", "", ""],
        ],
        merged=(2, 1, 3, 1),
    )
    load = office.send(content, "padron.xlsx")
    rows = office.rows(load)

    assert load.counts == {"new": 2, "refused": 3, "missing": 1}
    assert "combinada" in rows[""].reason
    assert "renglón 2" in rows["Cuarto de Ejemplo"].reason
    assert "500 caracteres" in rows["x" * 501].reason
    doubtful = rows["Primero de Ejemplo"]
    assert doubtful.told == {"pnt_id": "1", "name": "Primero de Ejemplo"}
    assert all(word in doubtful.reason for word in ("RFC", "Correo", "Ámbito"))


def test_too_many_rows_are_refused_whole(office: Office) -> None:
    lines = "".join(f"{number},Sujeto {number}\n" for number in range(MOST_ROWS + 1))
    load = office.send(f"id,nombre\n{lines}".encode())
    assert "100,000" in load.message


@pytest.mark.drill
def test_as_many_rows_as_may_be_are_read(office: Office) -> None:
    lines = "".join(f"{number},Sujeto {number:06} de Prueba\n" for number in range(MOST_ROWS))
    load = office.send(f"id pnt,nombre\n{lines}".encode())
    assert MOST_ROWS == 100_000
    assert load.message == ""
    assert sum(load.counts.values()) - load.counts.get("missing", 0) == MOST_ROWS


def test_what_changed_since_the_preview_is_not_overwritten(office: Office) -> None:
    office.body(**{"id pnt": "101", "nombre": "Secretaría de Ejemplo", "siglas": "SE"})
    first = office.send((HEAD + "101,Secretaría de Ejemplo,UNO,,,,,\n").encode())
    second = office.send((HEAD + "101,Secretaría de Ejemplo,DOS,,,,,\n").encode())

    office.apply(second)
    done = office.apply(first)

    assert office.bodies()["pnt-101"].short_name == "DOS"
    assert done.counts["done_stale"] == 1
    assert "después de la vista previa" in office.rows(first)["Secretaría de Ejemplo"].reason


def test_an_id_that_another_got_meanwhile_is_not_taken_from_it(office: Office) -> None:
    office.body(clave="uno", nombre="Secretaría de Ejemplo")
    office.body(clave="dos", nombre="Instituto de Nombre Distinto")
    head = "Clave,ID PNT,Nombre,Siglas\n"
    first = office.send((head + "uno,700,Secretaría de Ejemplo,\ntres,,Otro Cuerpo,\n").encode())
    office.apply(office.send((head + "dos,700,Instituto de Nombre Distinto,\n").encode()))

    done = office.apply(first)

    assert done.applied_at, "the load ends, whatever a row met"
    assert (done.counts["done_stale"], done.counts["done_added"]) == (1, 1)
    assert "dio su ID a otro" in office.rows(first)["Secretaría de Ejemplo"].reason
    assert {key: body.pnt_id for key, body in office.bodies().items() if key in ("uno", "dos", "tres")} == {
        "uno": "",
        "dos": "700",
        "tres": "",
    }


def test_a_load_that_stopped_goes_on_or_is_left(
    lone_database: Database, storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = Office(place_maker(lone_database)(), storage)  # where no worker takes its jobs
    database, keeper = office.place.database, office.keeper
    content = b"id,nombre\n101,Secretaria de Ejemplo\n102,Instituto de Nombre Distinto\n"

    def act(name: str, load: PadronLoad) -> PadronLoad:
        with database.unit_of_work(keeper) as session:
            return getattr(loading, name)(session, keeper, load.load_id)  # type: ignore[no-any-return]

    applying = office.send(content)
    act("order", applying)
    with database.unit_of_work(keeper) as session:
        reading = loading.receive(session, keeper, office.storage, BytesIO(content), filename="otro.csv")
    for name in ("resume", "discard"):
        for load in (applying, reading):
            with pytest.raises(ConflictError, match="sigue en marcha"):
                act(name, load)

    real = clock.now
    monkeypatch.setattr(clock, "now", lambda: real() + loading.PATIENCE + timedelta(seconds=1))
    assert act("discard", reading).discarded_at
    loading.read_load(database, office.place.system, office.storage, reading.load_id)
    assert office.load(reading.load_id).analysed_at is None
    act("resume", applying)
    with pytest.raises(ConflictError, match="sigue en marcha"):
        act("resume", applying)
    loading.apply_load(database, office.place.system, applying.load_id)
    assert {"pnt-101", "pnt-102"} <= set(office.bodies())
    with pytest.raises(ConflictError, match="ya terminó"):
        act("discard", applying)

    left = office.send(b"id,nombre\n103,Tercero sin parecido\n")
    act("order", left)
    monkeypatch.setattr(clock, "now", lambda: real() + 3 * loading.PATIENCE)
    act("discard", left)
    loading.apply_load(database, office.place.system, left.load_id)
    assert "pnt-103" not in office.bodies()


def test_only_who_keeps_the_padron_may_load_and_only_their_own(office: Office, other_place: Place) -> None:
    load = office.send(b"id,nombre\n101,Secretaria de Ejemplo\n")
    for actor, error in (
        (office.place.actor("garante_reviewer"), ForbiddenError),
        (office.place.actor("so_admin"), ForbiddenError),
        (other_place.actor("garante_admin"), NotFoundError),
    ):
        with other_place.database.unit_of_work(actor) as session, pytest.raises(error):
            loading.order(session, actor, load.load_id)
    with office.place.database.unit_of_work(office.keeper) as session, pytest.raises(InvalidError):
        loading.receive(session, office.keeper, office.storage, BytesIO(b""), filename="nada.csv")
    huge = BytesIO(b" " * (LARGEST_FILE + 1))
    with office.place.database.unit_of_work(office.keeper) as session, pytest.raises(TooLargeError):
        loading.receive(session, office.keeper, office.storage, huge, filename="mucho.csv")


def test_a_choice_that_a_row_does_not_offer_is_refused(office: Office) -> None:
    load = office.send(b"id,nombre\n101,Secretaria de Ejemplo\n")
    for choices in ({2: "change"}, {2: "borrar"}):
        with office.place.database.unit_of_work(office.keeper) as session, pytest.raises(InvalidError):
            loading.choose(session, office.keeper, load.load_id, choices)
    with office.place.database.unit_of_work(office.keeper) as session, pytest.raises(InvalidError):
        loading.choose_all(session, office.keeper, load.load_id, "alike", "change")
    with office.place.database.unit_of_work(office.keeper) as session:
        loading.choose_all(session, office.keeper, load.load_id, "new", "leave")
        loading.discard(session, office.keeper, load.load_id)
    with office.place.database.unit_of_work(office.keeper) as session, pytest.raises(ConflictError):
        loading.order(session, office.keeper, load.load_id)


def test_two_bodies_of_one_name_with_ids_of_their_own_both_come_in(office: Office) -> None:
    office.body(nombre="Instituto de la Vivienda")
    content = "ID PNT,Sujeto obligado\n81,Instituto de la Vivienda\n82,Instituto de la Vivienda\n"
    load = office.send(content.encode())
    with office.place.database.unit_of_work(office.keeper) as session:
        rows = session.exec(select(PadronRow).where(PadronRow.load_id == load.load_id)).all()
    first, second = sorted((row for row in rows if row.told), key=lambda row: row.row_number)
    assert (first.outcome, second.outcome) == ("changed", "alike")
    assert "puede estar dos veces" in second.reason

    office.choose(load, {first.row_number: "change", second.row_number: "add"})
    office.apply(load)
    ids = [body.pnt_id for body in office.bodies().values() if body.name == "Instituto de la Vivienda"]
    assert sorted(str(one) for one in ids) == ["81", "82"]

    # Of two of a name, a row that has nothing but the name does not say which.
    again = office.send(b"Sujeto obligado\nInstituto de la Vivienda\n")
    assert office.rows(again)["Instituto de la Vivienda"].outcome in ("alike", "missing")
    with office.place.database.unit_of_work(office.keeper) as session:
        rows = session.exec(select(PadronRow).where(PadronRow.load_id == again.load_id)).all()
    assert [row.outcome for row in rows if row.told] == ["alike"]


def test_one_name_twice_without_ids_is_one_body(office: Office) -> None:
    office.body(nombre="Instituto de la Vivienda")
    load = office.send(b"Sujeto obligado\nInstituto de la Vivienda\nInstituto de la Vivienda\n")
    with office.place.database.unit_of_work(office.keeper) as session:
        rows = session.exec(select(PadronRow).where(PadronRow.load_id == load.load_id)).all()
    assert sorted(row.outcome for row in rows if row.told) == ["equal", "refused"]
