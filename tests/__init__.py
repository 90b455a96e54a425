"""Tests. unit/ needs nothing; the rest needs the trained model, which `make test` sees to."""
