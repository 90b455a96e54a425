"""Compares ways of understanding the first message, side by side on the same data: `make bench-understanding`."""
