"""What is in use, as text: models, providers, files. Pure."""

from __future__ import annotations

from tui.engine import Role, UnknownModel
from tui.plain import line
from tui.session import Session


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
        "The rows at the left change them, or an editor does in the settings file. What streams goes on meanwhile.",
    ]
    return "\n".join(lines)
