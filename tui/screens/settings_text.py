"""What is in use, as text: models, providers, files. Pure."""

from __future__ import annotations

from tui.config.presets import PRESETS
from tui.engine import Role, UnknownModel
from tui.plain import line
from tui.session import Session


def presets_text() -> str:
    """What kinds of provider can be added."""
    *others, last = [one.title for one in PRESETS]
    return (
        "Add a provider\n\n"
        f"{', '.join(others)}, or {last[0].lower()}{last[1:]}: enter lets you choose, and fills in what is known of "
        "it. It is asked nothing before you test it, or ask it something yourself."
    )


def settings_text(session: Session) -> str:
    """What is in use, as lines. Keys are named by where they come from, never by their value."""
    models, paths = session.engine.models, session.config.paths
    lines = ["Models", ""]
    for role in Role:
        try:
            lines.append(f"  {role:<10}  {models.resolve(role)}")
        except UnknownModel:
            lines.append(f"  {role:<10}  not set")
    lines += ["", "Providers", ""]
    for provider in models.providers.values():
        if provider.embedded:
            here = "here" if session.engine.has_embedded(provider.model or "") else "not fetched yet"
            lines.append(f"  {provider.name:<10}  small demo model on this machine, {here}")
            continue
        key = f"key from {provider.api_key.origin}" if provider.api_key else "no key"
        lines.append(f"  {provider.name:<10}  {provider.protocol:<9}  {line(provider.base_url)}")
        lines.append(f"  {'':<10}  {'':<9}  {line(key)}")
    lines += [
        "",
        "Files",
        "",
        f"  {'settings':<10}  {line(str(paths.config_file))}{'' if session.config.from_file else '  (none yet)'}",
        f"  {'data':<10}  {line(str(paths.data))}",
        f"  {'log':<10}  {line(str(paths.log))}",
        "",
        "The rows at the left change them, or an editor does in the settings file: what it wrote counts from when this "
        "screen is opened; keys, looks and the log from the next start. What streams goes on meanwhile.",
    ]
    return "\n".join(lines)
