"""The rules, each beside its samples."""

import ast
import re
from collections.abc import Callable, Iterator
from typing import TypeGuard
from urllib.parse import urlsplit

from pip._internal.models.index import PyPI

from tools.lint.expanding import contracting, locking
from tools.lint.source import Rule, Source, dotted, names_in
from tools.lint.sql_text import sql_from_text

# -- transactions


def _commits(source: Source) -> Iterator[int]:
    """Find what ends a transaction, or starts one that ends itself."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call):
            method = isinstance(node.func, ast.Attribute) and node.func.attr
            options = {keyword.arg for keyword in node.keywords}
            if method in {"commit", "begin", "transaction"} or options & {"autocommit", "isolation_level"}:
                yield node.lineno


# -- workflow


def _assigned_status(source: Source) -> Iterator[int]:
    for node in ast.walk(source.tree):
        targets: list[ast.expr] = []
        if isinstance(node, ast.Assign):
            targets = node.targets
        elif isinstance(node, ast.AugAssign | ast.AnnAssign):
            targets = [node.target]
        for target in targets:
            # A tuple writes each of its parts; an index (`rows[row.status] = …`) writes none.
            parts = target.elts if isinstance(target, ast.Tuple | ast.List) else [target]
            if any(isinstance(part, ast.Attribute) and part.attr == "status" for part in parts):
                yield target.lineno
        if isinstance(node, ast.Call):
            function = dotted(node.func).rpartition(".")[2]
            second = node.args[1] if len(node.args) > 1 else None
            if function == "setattr" and isinstance(second, ast.Constant) and second.value == "status":
                yield node.lineno
            # A statement over many rows may set what a transition gave; a literal came from nobody's table.
            literal = any(k.arg == "status" and isinstance(k.value, ast.Constant) for k in node.keywords)
            if function == "values" and literal:
                yield node.lineno


# -- the world outside

_CLOCKS = re.compile(
    r"(^|\.)(datetime\.(now|utcnow|today)|date\.today|time\.(time|time_ns|localtime|gmtime))$"
)


def _reads_time(source: Source) -> Iterator[int]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Attribute) and _CLOCKS.search(dotted(node)):
            yield node.lineno
        if _imports(node, "time", {"time", "time_ns", "localtime", "gmtime"}):
            yield node.lineno


def _reads_environment(source: Source) -> Iterator[int]:
    readers = {"environ", "environb", "getenv", "getenvb"}
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Attribute) and node.attr in readers:
            yield node.lineno
        if _imports(node, "os", readers):
            yield node.lineno


def _imports(node: ast.AST, module: str, names: set[str]) -> TypeGuard[ast.ImportFrom]:
    return (
        isinstance(node, ast.ImportFrom)
        and node.module == module
        and any(alias.name in names for alias in node.names)
    )


# -- endpoints

_VERBS = {"get", "post", "put", "patch", "delete", "head", "options", "api_route"}
_SESSION = re.compile(r"Session$|^(Work|Public|Monitor|Auth|Auditor)Dep$|^Session")


def _async_over_session(source: Source) -> Iterator[int]:
    for node in ast.walk(source.tree):
        if not isinstance(node, ast.AsyncFunctionDef):
            continue
        routed = any(
            isinstance(mark, ast.Call) and isinstance(mark.func, ast.Attribute) and mark.func.attr in _VERBS
            for mark in node.decorator_list
        )
        arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        asked = {
            name for argument in arguments if argument.annotation for name in names_in(argument.annotation)
        }
        if routed and any(_SESSION.search(name) for name in asked):
            yield node.lineno


# -- errors


def _swallows_everything(source: Source) -> Iterator[int]:
    """Find handlers of any error that do not end by raising it again."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ExceptHandler):
            caught = {"BaseException"} if node.type is None else names_in(node.type)
            last = node.body[-1]
            raised = isinstance(last, ast.Raise) and (
                last.exc is None or node.name in (dotted(last.exc), last.cause and dotted(last.cause))
            )
            if caught & {"Exception", "BaseException"} and not raised:
                yield node.lineno
        if isinstance(node, ast.Call) and dotted(node.func).rpartition(".")[2] == "suppress":
            everything = any(names_in(argument) & {"Exception", "BaseException"} for argument in node.args)
            if everything:
                yield node.lineno


# -- files

_ADDRESS = re.compile(r"https?://", re.IGNORECASE)
_REGISTRIES = sorted(
    {urlsplit(f"//{host}").hostname or "" for host in (PyPI.netloc, PyPI.file_storage_domain)} - {""}
)


def _matching(pattern: re.Pattern[str]) -> Callable[[Source], Iterator[int]]:
    def broken(source: Source) -> Iterator[int]:
        return (number for number, line in enumerate(source.lines, 1) if pattern.search(line))

    return broken


def _uncommented_safe(source: Source) -> Iterator[int]:
    """Find `|safe` without a comment on its line or the one above."""
    for number, line in enumerate(source.lines, 1):
        around = "".join(source.lines[max(0, number - 2) : number])
        if re.search(r"\|\s*safe\b", line) and "{#" not in around:
            yield number


def _python(*places: str, but: tuple[str, ...] = ()) -> Callable[[Source], bool]:
    return lambda source: source.path.endswith(".py") and source.within(*places) and not source.within(*but)


# No installation was made before these: whatever they do, nobody serves meanwhile.
_FIRST = ("20261122_*", "20261123_*")
_migrations = _python("migrations/versions/*", but=tuple(f"migrations/versions/{name}" for name in _FIRST))


RULES = (
    Rule(
        name="only-db-commits",
        message="only app/core/db.py ends a transaction: open a unit_of_work",
        # CREATE DATABASE cannot run inside a transaction; app/openapi reads as a role that can write nothing.
        applies=_python("app/*", but=("app/core/db.py", "app/core/provision.py", "app/openapi/*")),
        broken=_commits,
        where="app/review/service.py",
        good="with database.unit_of_work(actor) as session:\n    session.flush()\n    session.begin_nested\n",
        bad="session.commit()\n",
    ),
    Rule(
        name="only-workflow-sets-status",
        message="only app/core/workflow.py assigns a status: take a transition",
        # In app/web a status is HTTP's.
        applies=_python("app/*", but=("app/core/workflow.py", "app/web/*")),
        broken=_assigned_status,
        where="app/review/service.py",
        good="workflow.take(row, 'approve', actor)\nif row.status == 'draft':\n    state = row.status\n",
        bad="row.status = 'published'\n",
    ),
    Rule(
        name="only-clock-tells-time",
        message="only app/core/clock.py reads the time: call clock.now()",
        applies=_python("app/*", but=("app/core/clock.py",)),
        broken=_reads_time,
        where="app/publication/service.py",
        good="import time\nat = clock.now()\ntime.sleep(1)\nstarted = time.monotonic()\n",
        bad="from datetime import UTC, datetime\nat = datetime.now(UTC)\n",
    ),
    Rule(
        name="only-settings-read-environment",
        message="only app/settings.py reads the environment: add a documented setting",
        applies=_python("app/*", but=("app/settings.py",)),
        broken=_reads_environment,
        where="app/core/storage.py",
        good="import os\nkey = settings.storage_key\npath = os.defpath\n",
        bad="import os\nkey = os.environ['STORAGE_KEY']\n",
    ),
    Rule(
        name="no-sql-from-text",
        message="SQL is never built from text: bind parameters, or compose it with SQLAlchemy or psycopg.sql",
        applies=_python("app/*"),
        broken=sql_from_text,
        where="app/portal/queries.py",
        good="session.execute(text('SELECT 1 WHERE :a'), {'a': f'{x}'})\nrun(sql.SQL('DROP {}').format(sql.Identifier(n)))\n",
        bad="session.execute(text(f'SELECT * FROM {table}'))\n",
    ),
    Rule(
        name="sync-endpoints-over-sessions",
        message="an endpoint with a database session is `def` (async over a sync session was 11 times slower)",
        applies=_python("app/*", but=("app/openapi/*",)),
        broken=_async_over_session,
        where="app/review/router.py",
        good="@router.get('/x')\ndef page(session: WorkDep): ...\n@router.get('/y')\nasync def other(request: Request): ...\n",
        bad="@router.post('/x')\nasync def act(work: WorkDep): ...\n",
    ),
    Rule(
        name="no-swallowed-errors",
        message="nothing catches every error to answer less: name the error, or raise it again",
        # The outermost layers: one answers 500 and logs, one logs and goes on with the chore, one logs and hands a
        # version whose hour has come to a person; tests prove each.
        applies=_python(
            "app/*", but=("app/web/middleware.py", "app/core/jobs.py", "app/publication/scheduling.py")
        ),
        broken=_swallows_everything,
        where="app/imports/service.py",
        good="try:\n    read()\nexcept ValueError:\n    report()\ntry:\n    read()\nexcept BaseException:\n    undo()\n    raise\n"
        "try:\n    read()\nexcept Exception as error:\n    raise ReadingError from error\n",
        bad="try:\n    read()\nexcept Exception:\n    log()\n",
    ),
    Rule(
        name="no-vague-modules",
        message="no module is named utils, helpers or common: name it after what it does",
        applies=lambda source: source.path.endswith(".py"),
        broken=lambda source: (
            [1] if re.search(r"(^|/)(utils?|helpers?|common)(\.py$|/)", source.path) else []
        ),
        where="app/core/clock.py",
        good="",
        bad="# path: app/core/utils.py\n",
    ),
    Rule(
        name="safe-has-a-reason",
        message="|safe needs a comment {# why … #} on its line or the one above",
        applies=lambda source: source.path.endswith((".html", ".xml", ".jinja")),
        broken=_uncommented_safe,
        where="app/portal/templates/portal/home.html",
        good="{# safe: drawn by us, holds no input #}\n{{ chart|safe }}\n{{ name }}\n",
        bad="{{ name | safe }}\n",
    ),
    Rule(
        name="locks-name-no-address",
        message="a lock file holds versions and hashes, never an address: write it with `make lock`",
        applies=lambda source: source.path.endswith((".lock", "-lock.json", "-lock.yaml", "lock.toml")),
        broken=_matching(_ADDRESS),
        where="requirements.lock",
        good="alembic==1.20.1 \\\n    --hash=sha256:00\n",
        bad="alembic @ https://registry.example/alembic.whl\n",
    ),
    Rule(
        name="no-registry-named",
        message="no file names a package registry: which one to use is the machine's business",
        applies=lambda _: True,
        broken=_matching(re.compile("|".join(re.escape(host) for host in _REGISTRIES))),
        where="docs/operations.md",
        good="pip install --require-hashes -r requirements.lock\n",
        bad=f"pip install --index-url {'https'}://{_REGISTRIES[0]}/simple\n",
    ),
    Rule(
        name="migrations-expand",
        message="the version before still serves: take it away in a later version, which names in `contract` the revision "
        "since which nothing needs it (docs/adr/0034)",
        applies=_migrations,
        broken=contracting,
        where="migrations/versions/20270101_x.py",
        good="def upgrade() -> None:\n    op.add_column('a', sa.Column('b', sa.Text(), nullable=True))\n"
        "def downgrade() -> None:\n    op.drop_column('a', 'b')\n",
        bad="def upgrade() -> None:\n    op.drop_column('a', 'b')\n",
    ),
    Rule(
        name="migrations-do-not-lock",
        message="everybody would wait while a whole table is read: use migrations/gently.py, or a job (docs/adr/0034)",
        applies=_migrations,
        broken=locking,
        where="migrations/versions/20270101_x.py",
        good="def upgrade() -> None:\n    gently.index('a_b_idx', 'a', ['b'])\n    op.create_table('c')\n"
        "    op.create_index('c_b_idx', 'c', ['b'])\n",
        bad="def upgrade() -> None:\n    op.create_index('a_b_idx', 'a', ['b'])\n",
    ),
)
