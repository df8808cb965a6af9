"""The command line; every command imports what it needs itself, so that `--help` is quick."""


def main() -> None:
    """Run the command line."""
    from boekbrug.cli.app import app

    app(prog_name="boekbrug")
