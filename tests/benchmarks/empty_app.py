"""What the toolkit takes for itself: an app with a text area and nothing else, to be measured like the program."""

from textual.app import App, ComposeResult
from textual.widgets import TextArea


class EmptyApp(App[None]):
    def compose(self) -> ComposeResult:
        yield TextArea(placeholder="Ask something")


if __name__ == "__main__":
    EmptyApp().run()
