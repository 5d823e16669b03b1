"""What the bottom line of the settings says: the keys that do something here and now."""

from __future__ import annotations

from textual.widget import Widget

from tui.keys import shown
from tui.screens.assistant_form import AssistantForm
from tui.screens.provider_form import ProviderForm
from tui.screens.roles_form import RolesForm
from tui.screens.settings_rows import ADD, IN_USE, is_provider
from tui.session import Session
from tui.widgets.keying import shown_key

Hints = list[tuple[str, str]]
"""(key, word), the most important first. What has no key is left out by who shows them."""


def list_hints(session: Session, pointed: str, *, undo: bool) -> Hints:
    """In the list, with the cursor on a row. `undo`: something was deleted."""
    keys = session.config.keys
    hints = [("enter", {ADD: "add", IN_USE: "read"}.get(pointed, "edit"))]
    if is_provider(pointed):
        hints.append((shown_key("provider.test", keys), "test"))
    wanted = ["undo"] if undo else []
    wanted.append("new")
    if is_provider(pointed) or session.engine.catalog.assistant(pointed) is not None:
        wanted += ["copy", "delete"]
    return hints + [(shown_key(f"settings.{what}", keys), what) for what in wanted]


def form_hints(session: Session, form: Widget, *, testing: bool) -> Hints:
    """In a form. `testing`: its provider is being tested."""
    keys = session.config.keys
    esc, models = shown_key("stream.stop", keys), (shown_key("model.pick", keys), "models")
    back, next_field = (esc, "list"), ("tab", "next field")
    match form:
        case AssistantForm() if form.generating is not None:
            return [(esc, "stop"), next_field]
        case AssistantForm():
            assistant = form.assistant
            known = assistant is not None and session.engine.replaced_prompt(assistant.id) is not None
            old = [("^z", "old prompt")] if known else []
            generate = [] if form.why_not else [(shown_key("prompt.optimize", keys) or "^o", "generate prompt")]
            return [*old, *generate, next_field, models, back]
        case ProviderForm() if testing:
            return [(esc, "stop")]
        case ProviderForm():
            # A letter alone would be written into the field.
            test = next((shown(key) for key in session.keys("provider.test") if len(key) > 1), "")
            return [("enter", "save"), (test, "test"), models, next_field, back]
        case RolesForm():
            return [("enter", "save"), models, next_field, back]
    return [back]
