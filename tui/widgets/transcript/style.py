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
Transcript > .transcript--text { color: $foreground; }
Transcript > .transcript--muted { color: $text-muted; }
Transcript > .transcript--question { color: $foreground; }
Transcript > .transcript--question-bar { background: $primary; }
Transcript > .transcript--reasoning { color: $text-muted; }
Transcript > .transcript--title { color: $text-primary; text-style: underline; }
Transcript > .transcript--heading { color: $text-primary; }
Transcript > .transcript--subheading { color: $foreground; }
Transcript > .transcript--marker { color: $text-muted; }
Transcript > .transcript--quote { color: $text-muted; }
Transcript > .transcript--quote-bar { background: $foreground 25%; }
Transcript > .transcript--rule { color: $text-disabled; text-style: underline; }
Transcript > .transcript--link { color: $text-primary; text-style: underline; }
Transcript > .transcript--math { color: $text-secondary; }
Transcript > .transcript--code { background: $surface; color: $foreground; }
Transcript > .transcript--code-block { background: $surface; color: $foreground; }
Transcript > .transcript--code-comment { background: $surface; color: $text-muted; }
Transcript > .transcript--code-keyword { background: $surface; color: $text-primary; }
Transcript > .transcript--code-name { background: $surface; color: $text-secondary; }
Transcript > .transcript--code-number { background: $surface; color: $text-warning; }
Transcript > .transcript--code-string { background: $surface; color: $text-success; }
Transcript > .transcript--code-inserted { background: $surface; color: $text-success; }
Transcript > .transcript--code-deleted { background: $surface; color: $text-error; }
Transcript > .transcript--code-edge { background: $surface; color: $text-muted; }
Transcript > .transcript--table-head { text-style: underline; }
Transcript > .transcript--margin { color: $text-muted; }
Transcript > .transcript--streaming { color: $accent; }
Transcript > .transcript--found { background: $primary-muted; color: $foreground; }
Transcript > .transcript--found-here { background: $warning; color: $background; text-style: bold; }
Transcript > .transcript--selected { background: $primary-muted; color: $foreground; }
Transcript > .transcript--cursor { background: $foreground; color: $background; }
Transcript > .transcript--here { background: $primary; }
Transcript > .transcript--error { color: $text-error; }
Transcript > .transcript--cut { color: $text-warning; }
"""
