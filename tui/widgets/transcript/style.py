"""How the reading area looks in the toolkit's own colours; `theme.tcss` dresses it in Rivulet's."""

from __future__ import annotations

from typing import Final

DEFAULT_CSS: Final = """
Transcript {
    background: $background;
    color: $foreground;
    overflow: hidden hidden;
    scrollbar-size: 0 0;
}
.transcript--text { color: $foreground; }
.transcript--muted { color: $text-muted; }
.transcript--question { color: $foreground; }
.transcript--question-bar { background: $primary; }
.transcript--reasoning { color: $text-muted; }
.transcript--title { color: $text-primary; text-style: underline; }
.transcript--heading { color: $text-primary; }
.transcript--subheading { color: $foreground; }
.transcript--marker { color: $text-muted; }
.transcript--quote { color: $text-muted; }
.transcript--quote-bar { background: $foreground 25%; }
.transcript--rule { color: $text-disabled; text-style: underline; }
.transcript--link { color: $text-primary; text-style: underline; }
.transcript--math { color: $text-secondary; }
.transcript--code { background: $surface; color: $foreground; }
.transcript--code-block { background: $surface; color: $foreground; }
.transcript--code-comment { background: $surface; color: $text-muted; }
.transcript--code-keyword { background: $surface; color: $text-primary; }
.transcript--code-name { background: $surface; color: $text-secondary; }
.transcript--code-number { background: $surface; color: $text-warning; }
.transcript--code-string { background: $surface; color: $text-success; }
.transcript--code-inserted { background: $surface; color: $text-success; }
.transcript--code-deleted { background: $surface; color: $text-error; }
.transcript--code-edge { background: $surface; color: $text-muted; }
.transcript--table-head { text-style: underline; }
.transcript--margin { color: $text-muted; }
.transcript--streaming { color: $accent; }
.transcript--found { background: $primary-muted; color: $foreground; }
.transcript--found-here { background: $warning; color: $background; text-style: bold; }
.transcript--selected { background: $primary-muted; color: $foreground; }
.transcript--cursor { background: $foreground; color: $background; }
.transcript--here { background: $primary; }
.transcript--error { color: $text-error; }
.transcript--cut { color: $text-warning; }
"""
