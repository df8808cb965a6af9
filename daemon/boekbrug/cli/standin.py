"""`boekbrug standin`: serve a stand-in of an outside system."""

from typing import Annotated

import typer


def standin(
    name: Annotated[str, typer.Argument(help="Which: vies, ecb, or one that `boekbrug plugins` lists.")],
    port: Annotated[int, typer.Option(help="Port; 0 takes a free one.")] = 0,
    size: Annotated[int, typer.Option(help="How many documents its world begins with.", min=0)] = 100,
    seed: Annotated[int, typer.Option(help="The same seed makes the same world.")] = 0,
) -> None:
    """Serve a stand-in of an outside system until Ctrl-C; one JSON line says when it is ready."""
    from boekbrug.cli.plugins import installed
    from boekbrug.contract import SettingsError
    from boekbrug.testing.outside import OUTSIDE
    from boekbrug.testing.standin import serve

    makers = {**OUTSIDE, **installed().standins}
    if name not in makers:
        raise SettingsError([f"stand-in: {name} is not installed; installed are {', '.join(sorted(makers)) or 'none'}"])
    serve(name, makers[name], port=port, size=size, seed=seed)
