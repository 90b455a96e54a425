"""Ways to reach the assistant. Importing a channel applies the overrides of Rasa's fixed settings."""

from assistant import rasa_overrides

rasa_overrides.apply()
