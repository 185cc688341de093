"""One file a verb: check, call, report."""
