"""The action server: what is known of a case, which step comes next, whom to turn to."""
