"""The collector of cyclic garbage, told that our memory is documents."""

import gc

_YOUNG = 50_000


def settle() -> None:
    """Let the collector look less often; called once, when everything is imported.

    A window of an import is some hundred thousand small objects that hold no cycles. By default the collector walks
    through them after every 700 new ones, which took a tenth of the time of importing and publishing
    (benchmarks/README.md).
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, 10, 10)
