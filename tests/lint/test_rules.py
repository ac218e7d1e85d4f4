"""Each rule of the house keeps its good sample and catches its bad one, and the repository keeps them all."""

import pytest

from tools.lint import RULES, Rule, Source, offences, sources
from tools.lint.repository import ROOT


def sample(rule: Rule, text: str) -> Source:
    """A sample, under the path that its first line may name."""
    first = text.partition("\n")[0]
    return Source(first.removeprefix("# path: ") if first.startswith("# path: ") else rule.where, text)


def named(found: list[str], rule: str) -> list[str]:
    return [line for line in found if line.endswith(f"({rule})")]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_the_good_sample_keeps_every_rule_and_the_bad_one_breaks_its_own(rule: Rule) -> None:
    assert offences([sample(rule, rule.good)]) == []
    assert len(named(offences([sample(rule, rule.bad)]), rule.name)) == 1


def test_the_repository_keeps_every_rule() -> None:
    read = list(sources(ROOT))

    assert {"app/core/db.py", "requirements.lock", "Makefile"} <= {source.path for source in read}
    assert offences(read) == []


def test_an_offence_names_file_and_line() -> None:
    [line] = offences([Source("app/portal/service.py", "\n\nsession.commit()\n")])

    assert line.startswith("app/portal/service.py:3: only app/core/db.py ")


@pytest.mark.parametrize(
    ("rule", "path", "line"),
    [
        ("only-db-commits", "app/x/service.py", "with engine.begin() as connection: print()"),
        ("only-db-commits", "app/x/service.py", "with connection.transaction(): print()"),
        ("only-db-commits", "app/x/service.py", "connect(url, autocommit=True)"),
        ("only-workflow-sets-status", "app/x/service.py", "a, row.status = 1, 'draft'"),
        ("only-workflow-sets-status", "app/x/service.py", "setattr(row, 'status', 'draft')"),
        ("only-workflow-sets-status", "app/x/service.py", "update(Process).values(status='draft')"),
        ("only-clock-tells-time", "app/x/service.py", "at = datetime.datetime.utcnow()"),
        ("only-clock-tells-time", "app/x/service.py", "day = date.today()"),
        ("only-clock-tells-time", "app/x/service.py", "from time import time"),
        ("only-clock-tells-time", "app/x/models.py", "at = field(default_factory=datetime.now)"),
        ("only-settings-read-environment", "app/x/service.py", "from os import getenv"),
        ("only-settings-read-environment", "app/x/service.py", "a = os.getenv('A')"),
        ("no-sql-from-text", "app/x/queries.py", "connection.execute('SELECT * FROM ' + table)"),
        ("no-sql-from-text", "app/x/queries.py", "connection.execute('SELECT %s' % name)"),
        ("no-sql-from-text", "app/x/queries.py", "connection.execute('SELECT {}'.format(name))"),
        ("no-sql-from-text", "app/x/queries.py", "q = f'SELECT {name}'\nconnection.execute(q)"),
        ("no-sql-from-text", "app/x/queries.py", "def a():\n    q = 'x' + y\n    return sql.SQL(q)"),
        ("no-sql-from-text", "app/x/queries.py", "q = 'SELECT 1'\nq += f' WHERE {a}'\nrun.execute(q)"),
        (
            "sync-endpoints-over-sessions",
            "app/x/router.py",
            "@r.get('/')\nasync def a(s: Annotated[RwSession, D()]): 1",
        ),
        ("no-swallowed-errors", "app/x/service.py", "try:\n    a()\nexcept:\n    b()"),
        (
            "no-swallowed-errors",
            "app/x/service.py",
            "try:\n    a()\nexcept (ValueError, Exception) as e:\n    b(e)",
        ),
        ("no-swallowed-errors", "app/x/service.py", "with contextlib.suppress(Exception): a()"),
        ("migrations-expand", "migrations/versions/20270101_x.py", "op.drop_table('a')"),
        ("migrations-expand", "migrations/versions/20270101_x.py", "op.rename_table('a', 'b')"),
        (
            "migrations-expand",
            "migrations/versions/20270101_x.py",
            "op.alter_column('a', 'b', new_column_name='c')",
        ),
        (
            "migrations-expand",
            "migrations/versions/20270101_x.py",
            "op.alter_column('a', 'b', nullable=False)",
        ),
        (
            "migrations-expand",
            "migrations/versions/20270101_x.py",
            "op.add_column('a', sa.Column('b', sa.Text(), nullable=False))",
        ),
        (
            "migrations-expand",
            "migrations/versions/20270101_x.py",
            "op.execute('ALTER TABLE a DROP COLUMN b')",
        ),
        (
            "migrations-expand",
            "migrations/versions/20270101_x.py",
            "op.execute(f'REVOKE INSERT ON a FROM {b}')",
        ),
        (
            "migrations-expand",
            "migrations/versions/20270101_x.py",
            "op.create_check_constraint('k', 'a', 'b > 0', postgresql_not_valid=True)",
        ),
        ("migrations-do-not-lock", "migrations/versions/20270101_x.py", "op.create_index('i', 'a', ['b'])"),
        (
            "migrations-do-not-lock",
            "migrations/versions/20270101_x.py",
            "op.execute('CREATE INDEX i ON a (b)')",
        ),
        ("migrations-do-not-lock", "migrations/versions/20270101_x.py", "op.execute('UPDATE a SET b = 1')"),
        (
            "migrations-do-not-lock",
            "migrations/versions/20270101_x.py",
            "op.create_unique_constraint('k', 'a', ['b'])",
        ),
        (
            "migrations-do-not-lock",
            "migrations/versions/20270101_x.py",
            "op.alter_column('a', 'b', type_=sa.BigInteger())",
        ),
        (
            "migrations-do-not-lock",
            "migrations/versions/20270101_x.py",
            "op.add_column('a', sa.Column('b', sa.Computed('1')))",
        ),
        ("no-vague-modules", "tests/helpers/people.py", ""),
        ("no-vague-modules", "tools/common.py", ""),
        ("safe-has-a-reason", "app/x/templates/x/page.html", "<p>\n{{ a|upper|safe }}"),
        (
            "locks-name-no-address",
            "tools/assets/package-lock.json",
            '"resolved": "https://example.org/a.tgz"',
        ),
    ],
)
def test_other_ways_of_breaking_a_rule_are_seen_too(rule: str, path: str, line: str) -> None:
    assert len(named(offences([Source(path, line)]), rule)) == 1


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("app/core/db.py", "session.commit()"),
        ("app/core/workflow.py", "row.status = target"),
        ("app/web/middleware.py", "reply.status = 499"),
        ("app/core/clock.py", "at = datetime.now(UTC)"),
        ("app/settings.py", "a = os.environ['A']"),
        ("app/x/service.py", "counts[row.status] = 1"),
        ("app/x/service.py", "update(Process).values(status=transition.target)"),
        ("app/x/queries.py", "connection.execute('SELECT 1 ' 'WHERE true')"),
        ("app/x/queries.py", "q = f'{a}'\n\ndef other(q):\n    connection.execute(q)"),
        ("app/x/service.py", "try:\n    a()\nexcept Exception as error:\n    raise error"),
        ("app/openapi/router.py", "@r.get('/')\nasync def a(s: PublicDep): 1"),
        ("app/x/service.py", "async def job(session: RwSession): 1"),
        (
            "migrations/versions/20270101_x.py",
            "op.drop_constraint('k', 'a')\nop.create_check_constraint('k', 'a', 'b > 0', postgresql_not_valid=True)",
        ),
        ("migrations/versions/20270101_x.py", "contract = '20270101_w'\nop.drop_column('a', 'b')"),
        (
            "migrations/versions/20270101_x.py",
            "op.add_column('a', sa.Column('b', sa.Text(), nullable=False, server_default=''))",
        ),
        (
            "migrations/versions/20270101_x.py",
            "op.create_index('i', 'a', ['b'], postgresql_concurrently=True)",
        ),
        ("migrations/versions/20270101_x.py", "op.execute(f'GRANT SELECT ON a TO {b}')"),
        ("migrations/versions/20261122_x.py", "op.drop_table('a')"),
        ("tests/x/test_y.py", "a = os.environ['A']"),
    ],
)
def test_what_is_allowed_where_it_stands_is_left_alone(path: str, line: str) -> None:
    assert offences([Source(path, line)]) == []
