"""The toolkit's stylesheet, which does nothing twice: a start, a screen, a key that moves the focus cost less."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Final, NamedTuple
from weakref import WeakKeyDictionary

from textual.css.model import CombinatorType, RuleSet
from textual.css.styles import RulesMap
from textual.css.stylesheet import Stylesheet
from textual.css.types import CSSLocation
from textual.dom import DOMNode


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


_BY_SIBLINGS: Final = Stylesheet._EXCLUDE_PSEUDO_CLASSES_FROM_CACHE - {"focus-within"}
"""Pseudo-classes that tell of other nodes than the one and those above it."""
_FLAGS: Final = ("_has_hover_style", "_has_focus_within", "_has_order_style", "_has_odd_or_even")
"""What the toolkit notes of a node beside its styles."""
_MOST: Final = 4000


@dataclass(frozen=True, slots=True)
class _Candidates:
    """The rules that may match a node or one of its component classes, and the pseudo-classes that they ask for."""

    ids: tuple[int, ...]
    pseudo_classes: tuple[str, ...]
    above: tuple[str, ...]
    """Those that they ask for in another node than the last one."""

    @property
    def by_siblings(self) -> bool:
        return not _BY_SIBLINGS.isdisjoint(self.pseudo_classes)


class _Applied(NamedTuple):
    """That a node was styled: by what, how often any was before, and when the one above it was."""

    key: object
    above: int
    number: int


class OnceMatched(OnceParsed):
    """Leaves a node alone whose rules, and what they ask for in it and above it, are what they were.

    The toolkit matches all rules with each node of a screen, and with each component class of it, whenever the screen
    is shown and whenever anything on it gets the focus or a class. That was half of the work of a key that moves the
    focus, two thirds of that of a screen that comes back, and a sixth of that of a start.
    """

    _matched: ClassVar[dict[object, tuple[tuple[Any, ...], RulesMap | None]]] = {}
    """What rules come to for a node in a given state: a dialog that opens again is matched with none."""

    def __init__(self, *, variables: dict[str, str] | None = None) -> None:
        super().__init__(variables=variables)
        self._candidates: dict[tuple[type[DOMNode], frozenset[str]], _Candidates] = {}
        self._candidates_of: object = None
        self._applied: WeakKeyDictionary[DOMNode, _Applied] = WeakKeyDictionary()
        self._number = 0

    def apply(
        self, node: DOMNode, *, animate: bool = False, cache: dict[tuple[Any, ...], RulesMap] | None = None
    ) -> None:
        candidates = self._candidates_for(node)
        key = None if candidates.by_siblings else (candidates.ids, _state(node, candidates))
        component = type(node) is DOMNode  # a node for the moment, which stands for a component class
        if not component:
            above = self._applied.get(node._parent) if isinstance(node._parent, DOMNode) else None
            number = above.number if above else 0
            before = self._applied.get(node)
            if key is not None and before is not None and (before.key, before.above) == (key, number):
                return
            self._number += 1
            self._applied[node] = _Applied(key, number, self._number)
        if key is None or "focus-within" in candidates.pseudo_classes:
            super().apply(node, animate=animate, cache=cache)
        elif (found := self._matched.get(key)) is None:
            matched: dict[tuple[Any, ...], RulesMap] = {}
            super().apply(node, animate=animate, cache=matched)
            if len(self._matched) >= _MOST:
                self._matched.clear()
            self._matched[key] = tuple(getattr(node, flag) for flag in _FLAGS), next(iter(matched.values()), None)
        else:
            flags, rules = found
            for flag, value in zip(_FLAGS, flags, strict=True):
                setattr(node, flag, value)
            if rules is not None:
                self.replace_rules(node, rules, animate=animate)
            if not component:
                self._process_component_classes(node)

    def _candidates_for(self, node: DOMNode) -> _Candidates:
        rules_map = self.rules_map
        if rules_map is not self._candidates_of:
            self._candidates.clear()
            self._candidates_of = rules_map
        names = node._selector_names.union(f".{name}" for name in node._get_component_classes())
        of = type(node), frozenset(rules_map.keys() & names)
        if (found := self._candidates.get(of)) is None:
            wanted = {id(rule) for name in of[1] for rule in rules_map[name]}
            rules = [rule for rule in self.rules if id(rule) in wanted]
            pseudo_classes = set[str]().union(*(rule.pseudo_classes for rule in rules))
            above = set[str]().union(*(_asked_above(rule) for rule in rules))
            found = _Candidates(tuple(map(id, rules)), tuple(sorted(pseudo_classes)), tuple(sorted(above)))
            self._candidates[of] = found
        return found


def _asked_above(rule: RuleSet) -> Iterator[str]:
    """The pseudo-classes that a rule asks for in other nodes than the one that it styles."""
    for selectors in (selector_set.selectors for selector_set in rule.selector_set):
        last = max((n for n, of in enumerate(selectors) if of.combinator is not CombinatorType.SAME), default=0)
        for selector in selectors[:last]:
            yield from selector.pseudo_classes


def _state(node: DOMNode, candidates: _Candidates) -> tuple[object, ...]:
    """All that a rule may ask for in the node and in those above it."""
    state: list[object] = []
    at: object = node
    asked = candidates.pseudo_classes
    while isinstance(at, DOMNode):
        checks = at._PSEUDO_CLASSES
        state += type(at), at._id, at.classes, *[name in checks and checks[name](at) for name in asked]  # type: ignore[arg-type]
        at, asked = at._parent, candidates.above
    return tuple(state)
