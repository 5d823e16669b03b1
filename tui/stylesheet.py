"""The toolkit's stylesheet, which reads each text once: a start of the program and a change of theme cost less."""

from __future__ import annotations

from typing import ClassVar

from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet
from textual.css.types import CSSLocation


class OnceParsed(Stylesheet):
    """Keeps the rules of each text and set of colours for the life of the process.

    The toolkit drops what it has parsed whenever colours are set, though they are the same, and parses all texts anew
    for each screen that brings one of its own: a start parsed all of them five times, 0.1 s of CPU.
    """

    _parsed: ClassVar[dict[tuple[object, ...], list[RuleSet]]] = {}
    """Rules are only read once they are made. One theme's are about 500, so a few themes are no weight."""

    def __init__(self, *, variables: dict[str, str] | None = None) -> None:
        super().__init__(variables=variables)
        self._colours = frozenset((variables or {}).items())

    def set_variables(self, variables: dict[str, str]) -> None:
        colours = frozenset(variables.items())
        if colours != self._colours:
            super().set_variables(variables)
            self._colours = colours

    def _parse_rules(
        self,
        css: str,
        read_from: CSSLocation,
        is_default_rules: bool = False,
        tie_breaker: int = 0,
        scope: str = "",
    ) -> list[RuleSet]:
        colours = self._colours if "$" in css else None
        key = (css, read_from, is_default_rules, tie_breaker, scope, colours)
        rules = self._parsed.get(key)
        if rules is None:
            rules = super()._parse_rules(css, read_from, is_default_rules, tie_breaker, scope)
            if not any(rule.errors for rule in rules):
                self._parsed[key] = rules
        return rules

    def reparse(self) -> None:
        """As the toolkit's, which begins an empty sheet so that a mistake in a text leaves this one whole: so does
        `parse`, which takes its rules over at the end."""
        self.parse()
