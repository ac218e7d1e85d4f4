"""The examples of docs/al-dia.md do what the page says."""

import re
import subprocess
import sys
from pathlib import Path

from tests.docs import console
from tests.openapi.conftest import Publisher, World

PAGE = (Path(__file__).parents[2] / "docs" / "al-dia.md").read_text("utf-8")


def run(number: int, world: World, publisher: Publisher, folder: Path) -> list[str]:
    """Run the page's example of this number against the test's tenant, as its own process; return what it printed."""
    example = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)[number]
    assert "https://datos.example/jalisco" in example
    told = example.replace("https://datos.example/jalisco", f"{world.url}/{publisher.place.slug}")
    done = subprocess.run(
        [sys.executable, "-c", told], cwd=folder, capture_output=True, text=True, timeout=120, check=True
    )
    return done.stdout.splitlines()


def test_the_loop_of_the_page_stays_in_sync(world: World, publisher: Publisher, tmp_path: Path) -> None:
    published = [publisher.publish()[0] for _ in range(3)]

    first = run(0, world, publisher, tmp_path)
    publisher.withdraw(*published[0])
    second = run(0, world, publisher, tmp_path)
    third = run(0, world, publisher, tmp_path)

    assert first == [
        f"release {ocid} {world.url}{world.base}/releases/{ocid}/{release_id}"
        for ocid, release_id in published
    ]
    assert second == [f"withdrawal {published[0][0]} "]
    assert third == []


def test_the_addresses_of_feeds_answer(world: World, publisher: Publisher, tmp_path: Path) -> None:
    publisher.publish()
    addresses = {"https://datos.example/jalisco": f"{world.url}/{publisher.place.slug}"}

    said = [console.run(block, tmp_path, addresses) for block in console.commands("al-dia.md")]

    assert len(said) == 1
    assert '"version":"https://jsonfeed.org/version/1.1"' in said[0]
    assert said[0].count("</feed>") == 2
