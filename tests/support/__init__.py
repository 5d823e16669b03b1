"""What the tests stand on: a real terminal, model servers that remember what they sent, and ways to wait."""
