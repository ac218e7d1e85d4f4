"""The example of docs/mover-cosechador.md does what the page says."""

import re
import subprocess
import sys
from pathlib import Path

from tests.openapi.conftest import Publisher, World

PAGE = (Path(__file__).parents[2] / "docs" / "mover-cosechador.md").read_text("utf-8")


def test_the_example_of_the_page_tells_everything_once(world: World, publisher: Publisher) -> None:
    [example] = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    signed = {"contracts": [{"id": "1", "awardID": "1", "dateSigned": "2024-05-01T12:00:00-06:00"}]}
    published = [*publisher.publish(**signed), *publisher.publish(**signed)]

    told = example.replace("https://datos.example/jalisco", f"{world.url}/{publisher.place.slug}")
    done = subprocess.run(
        [sys.executable, "-c", told], capture_output=True, text=True, timeout=60, check=True
    )

    assert done.stdout.splitlines() == [f"2024 {ocid} {release_id}" for ocid, release_id in sorted(published)]
