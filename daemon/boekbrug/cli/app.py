"""The command `boekbrug`: its groups of commands, and what all of them share."""

from pathlib import Path
from typing import Annotated, Any

import typer
import typer.core

from boekbrug.cli import (
    agreeing,
    answering,
    books,
    connection,
    countering,
    database,
    deciding,
    demo,
    find,
    init,
    licence,
    lists,
    mail,
    plugins,
    problems,
    reconciling,
    run,
    standin,
    sync,
    user,
    vat,
)
from boekbrug.cli.exits import EPILOG, Exit
from boekbrug.cli.shared import Shared


class Answering(typer.core.TyperGroup):
    """Turns what goes wrong into sentences and an exit code."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            raise typer.Exit(Exit.OK) from None
        except Exception as error:
            from boekbrug.cli.errors import answer

            code = answer(error)
            if code is None:
                raise
            raise typer.Exit(code) from None


app = typer.Typer(
    cls=Answering,
    help="Carry every sale into the books, exactly once.",
    epilog=EPILOG,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)


@app.callback()
def options(
    context: typer.Context,
    config: Annotated[Path | None, typer.Option(help="Settings file; without it boekbrug.toml is looked for.")] = None,
    language: Annotated[
        str, typer.Option("--lang", envvar="LANG", help="Language of problems: nl, en or de.", show_default=False)
    ] = "en",
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Log every step to standard error.")] = False,
) -> None:
    """Take the options that all commands share."""
    context.obj = Shared(config=config, language=language, verbose=verbose)


app.command("demo")(demo.demo)
app.command("init")(init.init)
app.command("run")(run.run)
app.command("check")(run.check)
app.add_typer(connection.app, name="connection")
app.add_typer(licence.app, name="licence")
app.add_typer(user.app, name="user")
app.add_typer(mail.app, name="mail")
app.command("sync")(sync.sync)
app.command("preview")(books.preview)
app.command("approve")(books.approve)
app.command("reject")(books.reject)
app.command("problems")(problems.problems)
app.command("retry")(problems.retry)
app.command("compose")(countering.compose)
app.command("correct")(countering.correct)
app.command("reverse")(countering.reverse)
app.command("find")(find.find)
app.command("answer")(answering.answer)
app.command("decide")(deciding.decide)
app.command("reconcile")(reconciling.reconcile)
app.add_typer(lists.app, name="list")
app.command("agree")(agreeing.agree)
app.command("filed")(agreeing.filed)
app.command("accept")(reconciling.accept)
app.add_typer(vat.app, name="vat")
app.add_typer(plugins.app, name="plugins")
app.command("standin")(standin.standin)
app.add_typer(database.app, name="db")
