"""Stands in for tensorflow_text; see the package `tensorflow` beside it."""

from tensorflow import become_stand_in

become_stand_in(__name__)
