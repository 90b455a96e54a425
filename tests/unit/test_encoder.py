"""The encoder: the model read right, adapted, and built for another engine without changing what it says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from assistant.nlu.base_model import UnknownModelFileError, read_base_model
from assistant.nlu.encoder import SentenceEncoder, shared_encoder
from assistant.nlu.encoder_build import Adapters, build

TEXT = "she wants 200 euro or she sends my nudes to everyone"


def test_the_model_of_the_package_is_read() -> None:
    base = read_base_model()
    assert (base.width, base.layers, base.heads, base.inner_width) == (384, 12, 12, 1536)
    assert base.matrix("l0.fo.w").shape == (384, 1536)
    ids = base.tokenizer.ids(TEXT)
    assert (ids[0], ids[-1]) == (0, 2)
    assert base.words(ids).shape == (len(ids), 384)


def test_another_file_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "model.bin"
    other.write_bytes(b"GGUF" + bytes(100))
    with pytest.raises(UnknownModelFileError):
        read_base_model(other)


def test_long_and_odd_texts_have_a_vector_of_length_one() -> None:
    for text in (TEXT, "", "😭" * 400, "a" * 20_000, "\ud83d", "كذب " * 300):
        for vector in shared_encoder().encode(text):
            assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-3)


def test_what_means_the_same_is_near_in_every_language() -> None:
    texts = (TEXT, "она хочет 200 евро, иначе разошлёт мои интимные фото всем", "nice weather today")
    money, same, weather = (shared_encoder().encode(text).adapted for text in texts)
    assert money @ same > money @ weather + 0.1


def test_repeated_texts_are_remembered() -> None:
    encoder = SentenceEncoder(cache_size=10)
    assert encoder.encode(TEXT) is encoder.encode(f"  {TEXT}\n")


def test_adapters_add_to_the_matrices_they_name() -> None:
    adapters = Adapters()
    matrix = np.zeros((384, 384), dtype=np.float32)
    assert np.any(adapters.added_to(matrix, "l11.q"))
    assert not np.any(adapters.added_to(matrix, "l0.q"))


def test_without_adapters_only_the_later_vector_differs(tmp_path: Path) -> None:
    np.savez(tmp_path / "none.npz")
    build(tmp_path / "encoder.onnx", tmp_path / "none.npz")
    early, later = SentenceEncoder(1, tmp_path / "encoder.onnx").encode(TEXT)
    assert early @ shared_encoder().encode(TEXT).early == pytest.approx(1, abs=1e-2)
    assert later @ shared_encoder().encode(TEXT).adapted < 0.99


def test_a_missing_encoder_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="make train"):
        SentenceEncoder(1, tmp_path / "encoder.onnx")
