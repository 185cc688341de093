"""The engine as a process: reads requests, runs them, answers (docs/protocol.md)."""
