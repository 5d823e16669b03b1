"""The table of keys: what the contract promises is there, reachable in every terminal, and in nobody's way."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from textual import events
from textual._xterm_parser import XTermParser
from textual.widgets import TextArea

from tui.app import RivuletApp
from tui.escapes import EscapeGate
from tui.keys import BINDINGS, IDS, LATER, Key, keys_of, shown
from tui.screens.chat import ChatScreen
from tui.screens.topics import TopicsScreen
from tui.widgets.composer import Composer

CONTRACT = {
    "stream.start": ("enter",),
    "composer.newline": ("ctrl+j", "alt+enter", "shift+enter"),
    "stream.stop": ("escape",),
    "stream.stop_all": ("alt+x",),
    "prompt.optimize": ("ctrl+o",),
    "reply.regenerate": ("ctrl+r",),
    "reply.continue": ("alt+c",),
    "reply.previous": ("alt+left",),
    "reply.next": ("alt+right",),
    "reply.copy": ("alt+y",),
    "reasoning.toggle": ("ctrl+t",),
    "transcript.find": ("ctrl+f",),
    "transcript.end": ("ctrl+end",),
    "transcript.start": ("ctrl+home",),
    "transcript.page_up": ("shift+pageup",),
    "transcript.page_down": ("shift+pagedown",),
    "focus.next": ("tab",),
    "focus.previous": ("shift+tab",),
    "composer.editor": ("ctrl+g",),
    "topic.new": ("ctrl+n",),
    "topic.next": ("alt+down", "ctrl+pagedown"),
    "topic.previous": ("alt+up", "ctrl+pageup"),
    "sidebar.toggle": ("ctrl+l",),
    "screen.chat": ("f2", "alt+1"),
    "screen.topics": ("f3", "alt+2"),
    "screen.settings": ("f4", "alt+3"),
    "screen.streams": ("f5", "alt+4"),
    "help": ("f1", "alt+h"),
    "palette": ("ctrl+p",),
    "interrupt": ("ctrl+c",),
    "quit": ("ctrl+q",),
}
EATEN = {"ctrl+i", "ctrl+m", "ctrl+h", "ctrl+s", "ctrl+b"}
"""By terminals and tmux."""
OWNERS = {"app": RivuletApp, "chat": ChatScreen, "composer": Composer, "topics": TopicsScreen}

_FUNCTION = {"f1": "\x1bOP", "f2": "\x1bOQ", "f3": "\x1bOR", "f4": "\x1bOS", "f5": "\x1b[15~"}
_CURSOR = {"up": "A", "down": "B", "right": "C", "left": "D", "end": "F", "home": "H"}
_TILDE = {"pageup": 5, "pagedown": 6}
_MODIFIER = {"shift": 2, "alt": 3, "ctrl": 5}
_PLAIN = {"enter": "\r", "tab": "\t", "escape": "\x1b", "ctrl+j": "\n", "shift+tab": "\x1b[Z", "space": " "}
_CODES = {"enter": 13, "tab": 9, "escape": 27, "space": 32}


def by_xterm(key: str) -> list[str]:
    """What xterm and its kin send for a key, in all the forms that are in use."""
    if key in _PLAIN:
        return [_PLAIN[key]]
    if key in _FUNCTION:
        return [_FUNCTION[key]]
    *modifiers, last = key.split("+") if len(key) > 1 else [key]
    number = sum(_MODIFIER[modifier] - 1 for modifier in modifiers) + 1
    if last in _CURSOR:
        return [f"\x1b[1;{number}{_CURSOR[last]}"] if modifiers else [f"\x1b[{_CURSOR[last]}", f"\x1bO{_CURSOR[last]}"]
    if last in _TILDE:
        return [f"\x1b[{_TILDE[last]};{number}~" if modifiers else f"\x1b[{_TILDE[last]}~"]
    if key == "shift+enter":
        return ["\x1b[13;2u", "\x1b[27;2;13~"]
    if modifiers == ["alt"]:
        return ["\x1b" + _PLAIN.get(last, last)]
    if modifiers == ["ctrl"]:
        return [chr(ord(last) - 0x60)]
    assert not modifiers, key
    return [last]


def by_kitty(key: str) -> list[str]:
    """What a terminal with kitty's protocol sends, which we ask for."""
    if key in _FUNCTION or key.rpartition("+")[2] in (*_CURSOR, *_TILDE):
        return []
    *modifiers, last = key.split("+") if len(key) > 1 else [key]
    code = _CODES.get(last) or ord(last)
    number = sum(_MODIFIER[modifier] - 1 for modifier in modifiers) + 1
    if not modifiers and len(key) == 1:
        return []
    return [f"\x1b[{code}u" if number == 1 else f"\x1b[{code};{number}u"]


def pressed(data: str) -> list[str]:
    """The keys that the program takes out of what a terminal sends."""

    def messages() -> Iterator[object]:
        gate, parser = EscapeGate(), XTermParser()
        for piece in gate.feed(data, 0.0) + gate.tick(1.0):
            if piece == "\x1b":
                yield events.Key("escape", "\x1b")
            else:
                yield from parser.feed(piece)

    return [message.key for message in messages() if isinstance(message, events.Key)]


ALL_KEYS = sorted(
    {key for binding in BINDINGS for key in binding.keys} | {k for keys in CONTRACT.values() for k in keys}
)


@pytest.mark.parametrize("id", CONTRACT)
def test_what_the_contract_promises_is_in_the_table(id: str) -> None:
    assert id in IDS
    if id not in LATER:
        assert keys_of(id, {}) == CONTRACT[id]


@pytest.mark.parametrize("key", ALL_KEYS)
def test_a_terminal_can_say_every_key(key: str) -> None:
    name = {key: key} | {
        "$": "dollar_sign",
        "0": "0",
        "^": "circumflex_accent",
        "/": "slash",
        "[": "left_square_bracket",
    }
    name |= {"]": "right_square_bracket", "{": "left_curly_bracket", "}": "right_curly_bracket"}
    for data in (*by_xterm(key), *by_kitty(key)):
        assert pressed(data) == [name[key]], repr(data)


def test_every_binding_stands_once_and_says_what_it_does() -> None:
    assert len({binding.id for binding in BINDINGS}) == len(BINDINGS)
    assert not LATER & {binding.id for binding in BINDINGS}
    for binding in BINDINGS:
        assert binding.keys and binding.description[:1].isupper() and not binding.description.endswith(".")
        assert len(binding.hint) <= 12, binding.id


@pytest.mark.parametrize("focus", ["composer", "reading"])
def test_no_key_means_two_things_at_the_same_place(focus: str) -> None:
    """What is bound to the focus may win over the screen's and the app's; between those two there is no clash."""
    for scopes in ((focus,), ("chat", "app"), ("topics", "app")):
        keys = [key for binding in BINDINGS if binding.scope in scopes for key in binding.keys]
        assert len(set(keys)) == len(keys), sorted(key for key in keys if keys.count(key) > 1)


def test_no_key_is_one_that_a_terminal_eats() -> None:
    assert not EATEN & {key for binding in BINDINGS for key in binding.keys}


def test_keys_that_work_everywhere_leave_the_composers_editing_keys_alone() -> None:
    own = {key for binding in TextArea.BINDINGS for key in _keys_of(binding)}
    ours = {key for binding in BINDINGS if binding.scope in ("app", "chat") for key in binding.keys}
    assert ours & own <= {"ctrl+c", "ctrl+f"}  # one copies a selection there as here, the other is in the contract
    composer = {key for binding in BINDINGS if binding.scope == "composer" for key in binding.keys}
    assert not composer & own


def _keys_of(binding: object) -> list[str]:
    keys = binding[0] if isinstance(binding, tuple) else getattr(binding, "key")  # noqa: B009
    return str(keys).split(",")


@pytest.mark.parametrize("binding", [b for b in BINDINGS if b.scope in OWNERS], ids=lambda binding: str(binding.id))
def test_every_binding_has_its_action(binding: Key) -> None:
    name = re.match(r"\w+", binding.action)
    assert name and hasattr(OWNERS[binding.scope], f"action_{name[0]}")


def test_a_remapped_binding_has_its_new_keys_only() -> None:
    remapped = {"stream.stop": ("f9", "ctrl+d")}
    assert keys_of("stream.stop", remapped) == ("f9", "ctrl+d")
    assert keys_of("quit", remapped) == ("ctrl+q",)
    assert keys_of("nobody.knows", remapped) == ()


@pytest.mark.parametrize(
    "key, written",
    [
        ("ctrl+o", "^o"),
        ("escape", "esc"),
        ("alt+x", "alt+x"),
        ("shift+pagedown", "shift+pgdn"),
        ("ctrl+end", "ctrl+end"),
        ("f1", "f1"),
    ],
)
def test_keys_are_written_as_users_know_them(key: str, written: str) -> None:
    assert shown(key) == written
