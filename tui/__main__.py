"""The command `rivulet`: arguments → configuration → front end. Imports what a command needs, when it needs it."""

from __future__ import annotations

import argparse
import gc
import os
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NoReturn

import tui
from tui.usage import UsageError, point_at_nothing, say

if TYPE_CHECKING:
    from tui.config import Config

OK, FAILED, UNUSABLE, INTERRUPTED = 0, 1, 2, 130

_MODEL = "provider/model, a provider's name (local: the embedded one) or a role: instruct, thinking, fast"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    _open_standard_streams()
    try:
        args = _parser().parse_args(argv)
        status = _run(args)
        if why := _lost_output():  # what is written only now
            say(f"The output can't be written: {why}.")
        return status or (FAILED if why else OK)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        point_at_nothing(sys.stdout)
        return INTERRUPTED


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line; the usage is one --help away."""

    def error(self, message: str) -> NoReturn:
        if unknown := re.fullmatch(r"argument (COMMAND|ACTION): invalid choice: (.*?) \(.*\)", message):
            message = f"there is no command {unknown[2]}"
        say(f"{message}; see {self.prog} --help")
        self.exit(UNUSABLE)


def _parser() -> _Parser:
    parser = _Parser(prog="rivulet", description="Many model streams at once, in a terminal.", allow_abbrev=False)
    parser.add_argument("--version", action="version", version=f"rivulet {tui.__version__}")
    parser.add_argument("-m", dest="model", metavar="MODEL", help=f"the model for this run: {_MODEL}")
    commands = parser.add_subparsers(
        dest="command", metavar="COMMAND", title="commands", description="without one: the terminal UI"
    )

    ask = commands.add_parser("ask", help="one prompt, no UI", allow_abbrev=False)
    ask.add_argument(
        "-m", dest="models", metavar="MODEL", action="append", default=[], help=f"again for more: {_MODEL}"
    )
    ask.add_argument("-s", dest="system", metavar="SYSTEM", help="the system prompt")
    ask.add_argument("--json", action="store_true", dest="as_json", help="one JSON object a stream, as each ends")
    ask.add_argument("--save", action="store_true", help="keep it as a new topic of the first assistant")
    ask.add_argument("prompt", metavar="PROMPT", nargs="?", help="a piped stdin is put before it; - reads stdin alone")

    commands.add_parser("doctor", help="what is set up here, and whether it works", allow_abbrev=False)

    model = commands.add_parser("model", help="the embedded models", allow_abbrev=False)
    actions = model.add_subparsers(dest="action", metavar="ACTION", required=True)
    actions.add_parser("list", help="which there are, and which are here", allow_abbrev=False)
    fetch = actions.add_parser("fetch", help="fetch one", allow_abbrev=False)
    fetch.add_argument("name", metavar="NAME", nargs="?", help="as the list names it")

    streams = commands.add_parser("streams", help="the last streams' records", allow_abbrev=False)
    streams.add_argument("--json", action="store_true", dest="as_json", help="one JSON object a line")
    streams.add_argument("-n", dest="number", metavar="N", type=_count, default=20, help="how many: 20 without it")
    return parser


def _count(text: str) -> int:
    if text.isascii() and text.isdecimal() and int(text) > 0:
        return int(text)
    raise argparse.ArgumentTypeError(f"found {text}, expected a number from 1")


def _run(args: argparse.Namespace) -> int:
    import logging

    with _importing():
        from tui import logfile
        from tui.config import ConfigError, load
        from tui.engine import LibraryError, NotSaved, UnknownModel

    secrets: tuple[str, ...] = ()
    log = None
    logging.getLogger().addHandler(logging.NullHandler())  # until there is a file: no traceback on the terminal
    try:
        config = load(os.environ)
        secrets = logfile.secrets_of(config.models.providers.values(), os.environ)
        log = config.paths.log / logfile.NAME
        logfile.start(config.paths.log, config.log_level, secrets, prompts=config.log_prompts)
        return _command(config, args)
    except ConfigError as error:
        for problem in error.lines:
            say(problem)
        return UNUSABLE
    except (UsageError, UnknownModel, LibraryError) as error:
        say(str(error))
        return FAILED if isinstance(error, NotSaved) else UNUSABLE
    except (KeyboardInterrupt, BrokenPipeError):
        raise
    except Exception as error:
        if isinstance(error, OSError) and (why := _lost_output()):
            say(f"The output can't be written: {why}.")
            return FAILED
        import traceback

        logging.getLogger("rivulet").exception("This should not have happened")
        if log is None:  # which keys there are is not known yet
            frame = traceback.extract_tb(error.__traceback__)[-1]
            say(f"Something went wrong that should not: {type(error).__name__} at {frame.filename}:{frame.lineno}.")
        else:
            words = logfile.scrubbed(f"{type(error).__name__}: {error}", secrets)
            say(f"Something went wrong that should not: {words}. The details are in {log}.")
        return FAILED


@contextmanager
def _importing() -> Iterator[None]:
    """What is imported stays: to look through it for garbage, while it comes and at the end, took a fifth of all that
    starting and quitting cost."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def _command(config: Config, args: argparse.Namespace) -> int:
    if args.model and args.command in ("doctor", "model", "streams"):
        raise UsageError(f"-m goes with the UI and with ask, not with {args.command}")
    match args.command:
        case "ask":
            with _importing():
                from tui.cli import ask

            text = ask.read_text(args.prompt)
            models = ((args.model,) if args.model else ()) + tuple(args.models)
            return ask.run(config, ask.Question(text, models, args.system, args.as_json, args.save))
        case "doctor":
            with _importing():
                from tui.cli import doctor

            return doctor.run(config)
        case "model":
            with _importing():
                from tui.cli import model

            return model.run(args.action, getattr(args, "name", None), config.paths.data, config.paths.log)
        case "streams":
            with _importing():
                from tui.cli import streams

            return streams.run(config.paths.data, args.number, args.as_json)
        case _:
            return _ui(config, args.model)


def _ui(config: Config, model: str | None) -> int:
    with _importing():
        from tui.cli import embedded

    if why := _no_terminal():
        raise UsageError(f'{why}: use rivulet ask "your question" here')
    if model is not None:
        config = config.with_instruct(model)
        if status := embedded.ready(config, config.models.resolve("instruct")):
            return status
    for name in ("TEXTUAL", "TEXTUAL_LOG", "TEXTUAL_DEBUG"):  # the toolkit's own logs hold each key that is pressed
        os.environ.pop(name, None)
    with _importing():
        from tui.run import run

    return run(config)


def _no_terminal() -> str:
    """Why the UI can't be shown here; empty if it can."""
    if os.environ.get("TERM") == "dumb":
        return "This terminal can't show the UI (TERM is dumb)"
    # The toolkit reads from stdin and draws on stderr, so all three must be the terminal.
    for stream, name in ((sys.stdin, "input"), (sys.stdout, "output"), (sys.stderr, "error")):
        if not stream.isatty():
            return f"The UI needs a terminal, and standard {name} is none"
    return ""


def _open_standard_streams() -> None:
    """All three are there, and the two for output take any text."""
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:  # closed by the caller: the next file opened would take its place
            os.open(os.devnull, os.O_RDWR)
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        stream: Any = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))
        elif mode == "w" and hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")


def _lost_output() -> str:
    """Why standard output takes nothing, a full disk maybe; empty if it does."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:  # nobody reads any more: no failure
        raise
    except OSError as error:
        point_at_nothing(sys.stdout)
        return error.strerror or str(error)
    return ""


if __name__ == "__main__":
    sys.exit(main())
