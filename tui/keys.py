"""All keys in one table: what each does, under which id it can be remapped, and its defaults."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Key:
    """A binding. `keys` are Textual's key names, the first one is shown."""

    id: str
    keys: tuple[str, ...]
    action: str
    description: str
    scope: str = "app"
    """Where it is bound: `app`, `chat`, `settings`, `reading` (with the focus there), `find` (where one searches),
    `topics` (the list of all; a letter there is for the list, the key with alt for its filter), or
    `composer` (which wins over the editing keys of its text area)."""
    hint: str = ""
    """A word or two for the bottom line; empty: shown in help and palette only."""
    step: bool = False
    """A step on the way to something: by name nobody looks for it."""


BINDINGS: Final = (
    Key("stream.start", ("enter",), "send", "Send the message", "composer", "send"),
    Key("composer.newline", ("ctrl+j", "alt+enter", "shift+enter"), "newline", "Begin a new line", "composer"),
    Key("stream.stop", ("escape",), "stop", "Close what is open, else stop the stream here", "app", "stop"),
    Key("stream.stop_all", ("alt+x",), "stop_all", "Stop every stream"),
    Key("reply.regenerate", ("ctrl+r",), "regenerate", "Answer again; after an error: try again", "chat", "again"),
    Key("reply.regenerate_with", ("alt+r",), "regenerate_with", "Answer again with another model", "chat"),
    Key("reply.continue", ("alt+c",), "continue_reply", "Go on with a reply that was stopped or cut", "chat"),
    Key("reply.previous", ("alt+left",), "version(-1)", "Previous version of the reply", "chat"),
    Key("reply.next", ("alt+right",), "version(1)", "Next version of the reply", "chat"),
    Key("reply.edit", ("alt+w",), "edit_reply", "Edit the reply: it becomes one more version", "chat"),
    Key("reply.info", ("alt+i",), "reply_info", "Everything that is known of the reply", "chat"),
    Key("question.edit", ("alt+e",), "edit_question", "Edit the question and send it again", "chat"),
    Key("branch.previous", ("alt+shift+left",), "branch(-1)", "Previous version of the question", "chat"),
    Key("branch.next", ("alt+shift+right",), "branch(1)", "Next version of the question", "chat"),
    Key("prompt.optimize", ("ctrl+o",), "optimize", "Optimize the prompt in the composer", "chat", "optimize"),
    Key("prompt.difference", ("alt+d",), "difference", "Show or hide what optimizing changed in the prompt", "chat"),
    Key("difference.up", ("alt+shift+up",), "scroll_difference(-2)", "What optimizing changed: up", "chat", step=True),
    Key("difference.down", ("alt+shift+down",), "scroll_difference(2)", "The same: down", "chat", step=True),
    Key("composer.editor", ("ctrl+g",), "editor", "Edit the draft in your own editor", "chat"),
    Key("queue.edit", ("alt+q",), "edit_queued", "Take back a message that waits", "chat"),
    Key("topic.outline", ("alt+o",), "outline", "Outline: go to a conversation of this topic", "chat"),
    Key("reply.copy", ("alt+y",), "copy_reply", "Copy the last reply as Markdown", "chat"),
    Key("reasoning.toggle", ("ctrl+t",), "toggle_reasoning", "Open or fold the reasoning", "chat", "thoughts"),
    Key("transcript.end", ("ctrl+end",), "transcript('end')", "Go to the end", "chat"),
    Key("transcript.start", ("ctrl+home",), "transcript('start')", "Go to the start", "chat"),
    Key("transcript.page_up", ("shift+pageup",), "transcript('page_up')", "One page up", "chat"),
    Key("transcript.page_down", ("shift+pagedown",), "transcript('page_down')", "One page down", "chat"),
    Key("transcript.find", ("ctrl+f",), "find", "Find in this topic", "chat"),
    Key("find.next", ("enter", "down"), "step(1)", "Finding: next match", "find", "next", step=True),
    Key("find.previous", ("up", "shift+enter"), "step(-1)", "Finding: previous match", "find", "previous", step=True),
    Key("focus.next", ("tab",), "move_focus('next')", "Composer, reading area, side list", "chat"),
    Key("focus.previous", ("shift+tab",), "move_focus('previous')", "The same way back", "chat"),
    Key("topic.new", ("ctrl+n",), "new_topic", "New topic with the same assistant", "app", "new"),
    Key("topic.next", ("alt+down", "ctrl+pagedown"), "topic(1)", "Next topic", "chat", "next"),
    Key("topic.previous", ("alt+up", "ctrl+pageup"), "topic(-1)", "Previous topic", "chat"),
    Key("sidebar.toggle", ("ctrl+l",), "toggle_sidebar", "Show or hide the list of topics", "chat", "topics"),
    Key("screen.chat", ("f2", "alt+1"), "show('chat')", "Chat: the topic on show"),
    Key("screen.topics", ("f3", "alt+2"), "show('topics')", "Topics: all of them", "app", "topics"),
    Key("screen.settings", ("f4", "alt+3"), "show('settings')", "Settings: models, providers, files"),
    Key("help", ("f1", "alt+h"), "help", "Help: all keys", "app", "help"),
    Key("palette", ("ctrl+p",), "palette", "Find any command, topic or theme by its name"),
    Key(
        "interrupt",
        ("ctrl+c",),
        "interrupt",
        "Copy the selection, else stop this topic's stream; twice: quit",
        step=True,
    ),
    Key("suspend", ("alt+z",), "suspend_process", "Suspend: to the shell, whose fg comes back"),
    Key("quit", ("ctrl+q",), "ask_to_quit", "Quit; asks first if streams run", "app", "quit"),
    Key("settings.new", ("n",), "new", "Settings: new assistant, or provider", "settings", "new"),
    Key("settings.copy", ("c",), "copy", "Settings: copy the assistant or provider", "settings", "copy"),
    Key("settings.delete", ("d",), "delete", "Settings: delete the assistant or provider", "settings", "delete"),
    Key("settings.undo", ("u",), "undo", "Settings: bring back what was deleted last", "settings", "undo"),
    Key("assistant.up", ("K",), "move(-1)", "Settings: move the assistant up", "settings", step=True),
    Key("assistant.down", ("J",), "move(1)", "Settings: move the assistant down", "settings", step=True),
    Key("provider.test", ("t", "alt+t"), "test", "Settings: test the provider with a real request", "settings", "test"),
    Key("model.pick", ("alt+m",), "pick", "Settings: choose a model from the providers' lists", "settings", "models"),
    Key("prompt.accept", ("alt+a",), "accept", "Settings: take the proposed system prompt", "settings"),
    Key("reading.line_up", ("up", "k"), "line(-1)", "Line up", "reading", step=True),
    Key("reading.line_down", ("down", "j"), "line(1)", "Line down", "reading", step=True),
    Key("reading.page_up", ("pageup",), "page(-1)", "Page up", "reading", step=True),
    Key("reading.page_down", ("pagedown", "space"), "page(1)", "Page down", "reading", step=True),
    Key("reading.start", ("home", "g"), "start", "Start of the topic", "reading", step=True),
    Key("reading.end", ("end", "G"), "end", "End of the topic", "reading", step=True),
    Key("reading.match_next", ("n",), "match(1)", "Next match of what is searched", "reading", step=True),
    Key("reading.match_previous", ("N",), "match(-1)", "Previous match", "reading", step=True),
    Key("reading.message_up", ("[", "K"), "message(-1)", "Previous message", "reading"),
    Key("reading.message_down", ("]", "J"), "message(1)", "Next message", "reading"),
    Key("reading.code_up", ("{",), "code(-1)", "Previous code block", "reading"),
    Key("reading.code_down", ("}",), "code(1)", "Next code block", "reading"),
    Key("reading.link", ("f",), "link(1)", "Next link on screen, for enter to open", "reading", "links"),
    Key("reading.link_back", ("F",), "link(-1)", "The link before it", "reading", step=True),
    Key("reading.select", ("v",), "select('cells')", "Select text, or begin anew here", "reading", "select"),
    Key("reading.select_lines", ("V",), "select('lines')", "Select whole lines", "reading", "lines"),
    Key("reading.left", ("left", "h"), "column(-1)", "Selecting: left", "reading", step=True),
    Key("reading.right", ("right", "l"), "column(1)", "Selecting: right", "reading", step=True),
    Key("reading.word_left", ("b",), "word(-1)", "Selecting: to the word before", "reading", step=True),
    Key("reading.word_right", ("w",), "word(1)", "Selecting: to the next word", "reading", step=True),
    Key("reading.word_end", ("e",), "word(0)", "Selecting: to the end of the word", "reading", step=True),
    Key("reading.line_start", ("0", "^"), "edge(-1)", "Selecting: to the start of the line", "reading", step=True),
    Key("reading.line_end", ("$",), "edge(1)", "Selecting: to the end of the line", "reading", step=True),
    Key("reading.other_end", ("o",), "other_end", "Selecting: move the other end", "reading", "other end", step=True),
    Key(
        "reading.copy_selection",
        ("enter",),
        "copy_selection",
        "Copy the selection, or open the link",
        "reading",
        "copy",
        step=True,
    ),
    Key("reading.copy", ("y",), "copy('seen')", "Copy the selection, else this message, as seen", "reading", "copy"),
    Key("reading.copy_source", ("Y",), "copy('source')", "The same, as Markdown", "reading", "as Markdown"),
    Key("reading.copy_code", ("c",), "copy_code", "Copy the code block here", "reading", "copy code"),
    Key("reading.save_code", ("s",), "save_code", "Save the code block here as a file", "reading"),
    Key("reading.copy_topic", ("t",), "copy_topic('seen')", "Copy the whole topic as seen", "reading"),
    Key("reading.copy_topic_source", ("T",), "copy_topic('source')", "Copy the whole topic as Markdown", "reading"),
    Key("conversation.delete", ("d",), "screen.delete_conversation", "Delete the question and its replies", "reading"),
    Key("conversation.undo", ("u",), "screen.undo_delete", "Bring back what was deleted last", "reading"),
    Key("topic.branch", ("B",), "screen.branch_topic", "Begin a new topic with everything up to here", "reading"),
    Key("conversation.title", ("r",), "screen.title_conversation", "Name this conversation anew", "reading"),
    Key("topic.title", ("R",), "screen.title_topic", "Name this topic anew", "reading"),
    Key("conversation.rename", ("m",), "screen.rename_conversation", "Name this conversation yourself", "reading"),
    Key("topic.rename", ("M",), "screen.rename_topic", "Name this topic yourself", "reading"),
    Key("topics.rename", ("r", "alt+r"), "rename", "Rename the topic", "topics", "rename"),
    Key("topics.delete", ("d", "alt+d"), "delete", "Delete the topic", "topics", "delete"),
    Key("topics.restore", ("u", "alt+u"), "restore", "Bring back the topic deleted last", "topics", "undo"),
    Key("topics.order", ("o", "alt+o"), "order", "Sort by activity, name, assistant, state", "topics", "sort"),
    Key("topics.pin", ("p", "alt+p"), "pin", "Pin the topic before the others, or unpin it", "topics", "pin"),
    Key("topics.move", ("m", "alt+m"), "move", "Move the topic to another assistant", "topics", "move"),
    Key("topics.stop", ("s", "alt+s"), "stop_streams", "Stop what streams in the topic", "topics", "stop"),
    Key("topics.title", ("t", "alt+t"), "title", "Have a model name the topic anew", "topics", "name anew"),
    Key("topics.filter", ("/", "ctrl+f"), "filter", "Write in the filter", "topics"),
)

LATER: Final = frozenset(
    {
        "screen.streams",
    }
)
"""Ids whose function is still to come: a configuration may name them already."""

IDS: Final = frozenset(key.id for key in BINDINGS) | LATER


def keys_of(id: str, remapped: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """The keys of a binding, as the user has set them."""
    if id in remapped:
        return remapped[id]
    return next((key.keys for key in BINDINGS if key.id == id), ())


_SHOWN: Final = {"escape": "esc", "pageup": "pgup", "pagedown": "pgdn"}


def shown(key: str) -> str:
    """A key as the bottom line and the help write it: `ctrl+o` → `^o`."""
    *modifiers, last = key.split("+")
    last = _SHOWN.get(last, last)
    if modifiers == ["ctrl"] and len(last) == 1:
        return f"^{last}"
    return "+".join([*modifiers, last])
