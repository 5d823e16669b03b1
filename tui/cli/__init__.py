"""The command line: every command but the UI itself, each a front end of its own on the engine."""
