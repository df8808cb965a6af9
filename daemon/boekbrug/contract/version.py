"""The version of the contract, and the sentence a misfit is refused with."""

CONTRACT = (1, 0)
"""Major and minor: a new major breaks plugins, a new minor only adds."""


def misfit(plugin: str, lowest: tuple[int, int], highest: tuple[int, int]) -> str | None:
    """Say in a full sentence why a plugin does not fit this contract; None when it fits."""
    if lowest <= CONTRACT <= highest:
        return None
    ours, low, high = (".".join(map(str, version)) for version in (CONTRACT, lowest, highest))
    return (
        f"Plugin {plugin} supports contract {low} to {high}, but this boekbrug speaks contract {ours}; "
        f"install a release of {plugin} that supports {ours}."
    )
