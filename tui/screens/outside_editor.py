"""The chat screen's part that lends the draft, and the terminal, to the user's own editor."""

from __future__ import annotations

import asyncio
import os
import shlex
import tempfile
from pathlib import Path

from textual import work
from textual.app import SuspendNotSupported

from tui.screens.asking import AskingScreen
from tui.widgets.composer import Composer


class EditsOutside(AskingScreen):
    """The screen rests while the editor has the terminal; what streams goes on."""

    _outside = False

    def action_editor(self) -> None:
        """Edit what stands in the composer in $VISUAL or $EDITOR."""
        wanted = os.environ.get("VISUAL", "").strip() or os.environ.get("EDITOR", "").strip()
        try:
            command = shlex.split(wanted)
        except ValueError:
            self.tell(f"The editor's command can't be read: {wanted}")
            return
        if not command:
            self.tell("No editor is set: set VISUAL or EDITOR to its command.")
        elif self.optimizing is not None:
            self.tell("This draft is being optimized: stop that first.")
        elif not self._outside:
            self._outside = True
            self._edit_outside(command, self._session.topic_id, self.query_one(Composer).text)

    @work
    async def _edit_outside(self, command: list[str], topic_id: str, text: str) -> None:
        told = ""
        try:
            with tempfile.TemporaryDirectory(prefix="rivulet-") as folder:  # the user's alone: 0700
                path = Path(folder) / "draft.md"
                path.touch(0o600)
                path.write_text(text, encoding="utf-8")
                told = await self._lend(command, path)
                edited = path.read_text(encoding="utf-8").replace("\0", "").removesuffix("\n")
            if not told and topic_id == self._session.topic_id and edited != text.removesuffix("\n"):
                self.query_one(Composer).give_back(edited)
        except SuspendNotSupported:
            told = "An editor can't be opened in this terminal."
        except (OSError, UnicodeError) as error:
            told = f"The draft could not be edited outside, it is as it was: {error}"
        finally:
            self._outside = False
        self.tell(told)

    async def _lend(self, command: list[str], path: Path) -> str:
        """Run the editor on the file; returns what went wrong, in a line, else nothing."""
        with self.app.suspend():  # resumes only if nothing is raised in here
            try:
                process = await asyncio.create_subprocess_exec(*command, str(path))
            except OSError as error:
                return f"{command[0]} can't be started: {error.strerror or error}."
            try:
                status = await process.wait()
            finally:
                if process.returncode is None:
                    process.terminate()
        return f"{command[0]} ended with status {status}: the draft is as it was." if status else ""
