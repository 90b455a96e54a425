"""Stands in for TensorFlow so that Rasa can be imported and run without it.

Rasa imports TensorFlow in many modules, also where none of it is used. Here every attribute and every
submodule exists and can be named in annotations, subclassed or used as a decorator, but using it raises
`TensorFlowMissing`. See docs/decisions/0001-rasa-without-tensorflow.md.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

STOOD_IN_FOR = ("tensorflow", "tensorflow_hub", "tensorflow_text", "keras")


class TensorFlowMissing(RuntimeError):
    """Raised when code tries to compute something with the stand-in."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name} was asked for, but TensorFlow is not installed here: this assistant does not need it. "
            "For a pipeline that does (DIETClassifier, TEDPolicy, ...), remove tensorflow-standin from "
            "pyproject.toml, add tensorflow==2.12.0 and run `uv lock`."
        )


class _Named(type):
    """Metaclass: reading an attribute of a stand-in class gives another stand-in class."""

    def __getattr__(cls, name: str) -> type:
        if name.startswith("__"):
            raise AttributeError(name)
        return stand_in(f"{cls.__module__}.{cls.__name__}.{name}")


class _StandIn(metaclass=_Named):
    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        if len(args) == 1 and not kwargs and callable(args[0]):
            return args[0]  # used as a decorator, as in `@tf.function`
        raise TensorFlowMissing(cls.__qualname__)


def stand_in(path: str) -> type:
    """An empty class for the dotted `path`; creating an instance raises `TensorFlowMissing`."""
    module, _, name = path.rpartition(".")
    return _Named(name, (_StandIn,), {"__module__": module, "__qualname__": path})


class config(_StandIn):
    """The one question that is answered truly: spaCy asks it when it finds a TensorFlow."""

    @staticmethod
    def get_visible_devices(device_type: str | None = None) -> list[str]:
        return []


class _StandInModule(ModuleType):
    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return stand_in(f"{self.__name__}.{name}")


class _SubmoduleFinder(MetaPathFinder, Loader):
    """Finds `tensorflow.anything.at.all`."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        package, dot, _ = fullname.partition(".")
        if dot and package in STOOD_IN_FOR:
            return ModuleSpec(fullname, self, is_package=True)
        return None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return _StandInModule(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Nothing to run: attributes are made when they are read."""


def become_stand_in(name: str) -> None:
    """Turns the imported module `name` into one whose every attribute is a stand-in."""
    sys.modules[name].__class__ = _StandInModule


sys.meta_path.append(_SubmoduleFinder())
become_stand_in(__name__)
