"""What is tried in every place that takes text: each attack with the name that the tables of the tests use."""

from __future__ import annotations

from typing import Final

ATTACKS: Final = {
    "title": "\x1b]0;pwned\x07",
    "title, ended by ST": "\x1b]2;pwned\x1b\\",
    "clipboard": "\x1b]52;c;cHduZWQ=\x07",
    "clipboard, read": "\x1b]52;c;?\x07",
    "link": "\x1b]8;;file:///etc/passwd\x1b\\click\x1b]8;;\x1b\\",
    "notification": "\x1b]777;notify;pwned;pwned\x07\x1b]9;pwned\x07",
    "colours": "\x1b]4;1;#000\x07\x1b]104\x07",
    "clear": "\x1b[2J\x1b[3J\x1b[H",
    "colour": "\x1b[31;8mhidden",
    "mode": "\x1b[?1049l\x1b[?2004l\x1b[?1000h",
    "report": "\x1b[6n\x1b[c\x1b[21t",
    "reset": "\x1bc\x1b[!p",
    "charset": "\x1b(0\x0e",
    "DCS": "\x1bP+q544e\x1b\\",
    "DCS, never ended": "\x1bP$q",
    "APC": "\x1b_Gf=32;AAAA\x1b\\",
    "PM": "\x1b^pwned\x1b\\",
    "SOS": "\x1bXpwned\x1b\\",
    "past tmux": "\x1bPtmux;\x1b\x1b]0;pwned\x07\x1b\\",
    "C1 CSI": "\x9b2J",
    "C1 OSC": "\x9d0;pwned\x9c",
    "C1 DCS": "\x90q\x9c",
    "C1, others": "\x84\x85\x8d\x98\x9e\x9f",
    "C0": "\x00\x01\x05\x07\x08\x0b\x0c\x0e\x0f\x10\x16\x17\x18\x1a\x1c\x1d\x1e\x1f",
    "delete": "\x7f",
    "carriage return": "safe\rrm",
    "backspace": "safe\b\b\b\brm",
    "override": "\u202eesrever\u202c",
    "embedding": "\u202aa\u202bb\u202c",
    "isolate": "\u2066a\u2067b\u2068c\u2069",
    "swapping": "\u206a\u206b\u206e",
    "line ends": "a\u2028b\u2029c",
    "annotation": "\ufff9a\ufffab\ufffb",
    "tags": "".join(chr(0xE0000 + ord(c)) for c in "pwned"),
    "marks": "z" + "\u0301\u0489" * 500,
    "selectors": "x" + "\ufe0f" * 500,
    "half a pair": "\ud83d",
    "markup": "[bold red]m[/] [@click=app.exit]x[/] [link=http://evil.test]y[/link] [/nonsense] \\[",
    "entity": "&#27;]0;pwned&#7; &#x9b;2J &#8238;",
    "entity in a link": "[x](http://a.test/&#27;]0;pwned&#7;&#10;b) ![&#27;[2J](http://a.test/&#x202e;)",
    "entity in a fence": "\n```py&#27;[2J&#x202e;\n1\n```\n",
    "formula": "$\\text{\x1b]0;pwned\x07}$",
    "footnote": "[^\x1b[2J]\n\n[^\x1b[2J]: \x9b2J\n",
    "script": "[x](javascript:alert(1)) <javascript:alert(1)> [y](file:///etc/passwd) [z](data:text/html,pwned)",
    "other host": "[https://bank.test](https://evil.test) <https://bank.test@evil.test/>",
    "look-alike": "[\u0430pple.test](https://\u0430pple.test/)",
}

HIDDEN: Final = "\u200b\u2060\u200d\ufeff\u034f\u3164\u200e\u00ad"
"""What a name may not hide."""

HOSTILE: Final = "evil " + " ".join(ATTACKS.values()) + " end"
"""All of it."""

NAME: Final = f"evil {HIDDEN}" + " ".join(
    ATTACKS[name] for name in ("title", "clear", "clipboard", "C1 OSC", "override", "tags", "marks", "markup")
)
"""The worst of it, for where a name stands."""
