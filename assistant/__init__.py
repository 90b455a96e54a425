"""What runs inside the Rasa server: understanding, channels, words, tracker store."""
