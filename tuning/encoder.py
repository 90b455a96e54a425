"""The encoder in PyTorch, with adapters that can learn while the model itself stays as it is."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from assistant.nlu.base_model import Array, BaseModel

MATRICES = ("q", "k", "v", "ao", "fi", "fo")


class AdaptedMatrix(nn.Module):
    """A fixed linear layer plus a low-rank one that learns (https://arxiv.org/abs/2106.09685).

    It begins with the adapters of that name in `start`, else with a new one of that rank, which adds nothing yet.
    """

    def __init__(self, base: BaseModel, name: str, rank: int, start: Mapping[str, Array]) -> None:
        super().__init__()
        weight = torch.tensor(base.matrix(f"{name}.w"))
        self.register_buffer("weight", weight)
        self.register_buffer("bias", torch.tensor(base.vector(f"{name}.b")))
        if f"{name}.a" in start:
            self.a = nn.Parameter(torch.tensor(start[f"{name}.a"], dtype=torch.float32))
            self.b = nn.Parameter(torch.tensor(start[f"{name}.b"], dtype=torch.float32) / 2)
        else:
            self.a = nn.Parameter(torch.randn(rank, weight.shape[1]) / math.sqrt(weight.shape[1]))
            self.b = nn.Parameter(torch.zeros(weight.shape[0], rank))

    def forward(self, value: Tensor) -> Tensor:
        # One matrix for both costs a quarter less than two thin products.
        return F.linear(value, self.weight + 2 * (self.b @ self.a), self.bias)

    def added(self) -> tuple[Tensor, Tensor]:
        """The two factors of what the adapter adds to the matrix."""
        return self.a.detach(), 2 * self.b.detach()


class Layer(nn.Module):
    """One transformer layer; `forward` takes texts x tokens x width, and which tokens are there."""

    def __init__(self, base: BaseModel, number: int, rank: int, start: Mapping[str, Array]) -> None:
        super().__init__()
        self.matrices = nn.ModuleDict({m: AdaptedMatrix(base, f"l{number}.{m}", rank, start) for m in MATRICES})
        self.heads, self.width, self.epsilon = base.heads, base.width, base.epsilon
        for name in ("aln", "oln"):
            for part in "wb":
                self.register_buffer(f"{name}_{part}", torch.tensor(base.vector(f"l{number}.{name}.{part}")))

    def forward(self, value: Tensor, there: Tensor) -> Tensor:
        texts, tokens, _ = value.shape
        query, key, content = (
            self.matrices[m](value).view(texts, tokens, self.heads, -1).transpose(1, 2) for m in ("q", "k", "v")
        )
        seen = F.scaled_dot_product_attention(query, key, content, attn_mask=there)
        seen = self.matrices["ao"](seen.transpose(1, 2).reshape(texts, tokens, self.width))
        value = F.layer_norm(value + seen, (self.width,), self.aln_w, self.aln_b, self.epsilon)
        thought = self.matrices["fo"](F.gelu(self.matrices["fi"](value)))
        return F.layer_norm(value + thought, (self.width,), self.oln_w, self.oln_b, self.epsilon)


class Encoder(nn.Module):
    """Token numbers of texts to vectors of length 1. Layers before `first_adapted` do not learn.

    `start` has adapters to go on from, as `adapters` gives them.
    """

    def __init__(self, base: BaseModel, rank: int, first_adapted: int, start: Mapping[str, Array]) -> None:
        super().__init__()
        self.base, self.first_adapted = base, first_adapted
        places = base.vector("emb.pos").reshape(-1, base.width) + base.vector("emb.type")[: base.width]
        self.register_buffer("places", torch.tensor(places))
        for part in "wb":
            self.register_buffer(f"ln_{part}", torch.tensor(base.vector(f"emb.ln.{part}")))
        self.layers = nn.ModuleList(Layer(base, number, rank, start) for number in range(base.layers))
        for layer in self.layers[:first_adapted]:
            layer.requires_grad_(False)

    def forward(self, texts: Sequence[list[int]], dropout: float = 0.0) -> Tensor:
        tokens = max(map(len, texts))
        value = torch.zeros(len(texts), tokens, self.base.width)
        there = torch.zeros(len(texts), tokens, dtype=torch.bool)
        for row, ids in enumerate(texts):
            value[row, : len(ids)] = torch.from_numpy(self.base.words(ids))
            there[row, : len(ids)] = True
        value = F.layer_norm(value + self.places[:tokens], (self.base.width,), self.ln_w, self.ln_b, self.base.epsilon)
        value = F.dropout(value, dropout, self.training)
        for layer in self.layers:
            value = layer(value, there[:, None, None, :])
        mean = (value * there[..., None]).sum(1) / there.sum(1, keepdim=True)
        return F.normalize(mean, dim=-1)

    def adapters(self) -> dict[str, np.ndarray]:  # type: ignore[type-arg]
        """What was learned, as assistant/nlu/encoder_build.py reads it."""
        learned = {}
        for number, layer in enumerate(self.layers):
            if number >= self.first_adapted:
                for name, matrix in layer.matrices.items():
                    for factor, values in zip("ab", matrix.added(), strict=True):
                        learned[f"l{number}.{name}.{factor}"] = values.numpy().astype(np.float16)
        return learned
