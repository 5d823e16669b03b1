"""The model that comes along: fetched once, served by a child process; to the engine one more provider."""
