"""How well messages are understood: reading evaluation files, figures, and a page for helpline workers."""
