"""Adapts the encoder to this field and writes data/encoder_adapters.npz: `make adapt-encoder`.

The encoder learns, from all training examples but those held out (assistant/nlu/case_types.py), to tell types of cases,
facts and intents apart, four times in ten on untidy versions of the examples (assistant/noise.py). It does so more than
once, by different chances and at the same time, and what is kept is the average: it errs less than each and costs no
more to run. It needs about an hour on two cores.

With `--go-on` one run goes on from the adapters there are, which takes in new examples in half the time. `make train`
trains the classifiers of the assistant anew.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import islice
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from assistant.nlu.base_model import Array, read_base_model
from assistant.nlu.case_types import TYPES, held_out
from assistant.nlu.examples import EXAMPLES, Example, read_examples
from assistant.noise import with_mixed_noise
from tuning.encoder import Encoder

#: Layers below know words, and gain little; leaving them as they are saves a third of the time.
FIRST_ADAPTED_LAYER, RANK = 4, 16
BATCH, EPOCHS = 32, 2
SEEDS = (1, 2)
RATE, HEAD_RATE = 1e-3, 1e-2
#: Going on, what was learned is to be changed little, and not before the classifiers on top know what they judge.
RATE_GOING_ON, STEPS_FOR_HEADS = 5e-4, 100
#: Share of examples shown untidily, and how untidy.
NOISE, KINDS_OF_NOISE = 0.4, (1, 1, 2, 3)
#: Longer examples are cut while learning.
MOST_TOKENS = 96
RAREST_FACT = 20


class Heads(nn.Module):
    """What the encoder is judged by while it learns: linear classifiers for types, facts and intents."""

    def __init__(self, mean: Tensor, facts: Sequence[str], intents: Sequence[str]) -> None:
        super().__init__()
        self.facts, self.intents = list(facts), list(intents)
        self.mean = nn.Parameter(mean)
        self.to_types, self.to_facts, self.to_intents = (
            nn.Linear(len(mean), size) for size in (len(TYPES), len(facts), len(intents))
        )

    def forward(self, vectors: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        features = F.dropout((vectors - self.mean) * 8, 0.1, self.training)
        return self.to_types(features), self.to_facts(features), self.to_intents(features)

    def loss(self, vectors: Tensor, examples: Sequence[Example]) -> Tensor:
        types, facts, intents = self(vectors)
        total = 0.5 * F.cross_entropy(intents, torch.tensor([self.intents.index(e.intent) for e in examples]))
        cases = [row for row, example in enumerate(examples) if example.type]
        if not cases:
            return total
        kinds = torch.tensor([TYPES.index(examples[row].type or "") for row in cases])
        stated = torch.tensor([[float(fact in examples[row].facts) for fact in self.facts] for row in cases])
        # Of a fact there is one bit to learn in an example, of the type two: weighed so that both learn as fast.
        of_cases = F.cross_entropy(types[cases], kinds, label_smoothing=0.05)
        of_cases = of_cases + 15 * F.binary_cross_entropy_with_logits(facts[cases], stated)
        return total + of_cases * len(cases) / len(examples)


class Adaptation:
    """The encoder and its heads, learning together."""

    def __init__(self, examples: Sequence[Example], seed: int, start: Mapping[str, Array]) -> None:
        torch.manual_seed(seed)
        self._seed = seed
        self._goes_on = bool(start)
        self._learned = [example for example in examples if not held_out(example.text)]
        self._unseen = [example for example in examples if held_out(example.text) and example.type]
        self._base = read_base_model()
        self.encoder = Encoder(self._base, RANK, FIRST_ADAPTED_LAYER, start)
        counts = Counter(fact for example in examples for fact in example.facts)
        facts = sorted(fact for fact, count in counts.items() if count >= RAREST_FACT)
        self._heads = Heads(self._mean_vector(), facts, sorted({example.intent for example in examples}))

    def run(self) -> None:
        """Goes through the examples EPOCHS times, saying every minute or so how far it is."""
        if self._goes_on:
            self._prepare_heads()
            self._say(f"before: type right in {self.accuracy():.1%} of the examples held out")
        learning = [values for values in self.encoder.parameters() if values.requires_grad]
        rate = RATE_GOING_ON if self._goes_on else RATE
        groups = [{"params": learning, "lr": rate}, {"params": list(self._heads.parameters()), "lr": HEAD_RATE}]
        optimiser = torch.optim.AdamW(groups, weight_decay=0.01)
        steps = EPOCHS * -(-len(self._learned) // BATCH)
        pace = torch.optim.lr_scheduler.OneCycleLR(optimiser, [rate, HEAD_RATE], total_steps=steps + 5, pct_start=0.1)
        started = time.monotonic()
        done = 0
        for epoch in range(EPOCHS):
            self.encoder.train()
            self._heads.train()
            for batch in self._batches(random.Random(self._seed * EPOCHS + epoch)):
                optimiser.zero_grad()
                loss = self._heads.loss(
                    self.encoder([self._ids(text) for _, text in batch], 0.05), [e for e, _ in batch]
                )
                loss.backward()
                nn.utils.clip_grad_norm_(learning, 1.0)
                optimiser.step()
                pace.step()
                done += 1
                if done % 50 == 0:
                    minutes = (time.monotonic() - started) / 60
                    self._say(f"step {done} of {steps}, {minutes:.0f} min, loss {loss.item():.2f}")
            self._say(f"after round {epoch + 1}: type right in {self.accuracy():.1%} of the examples held out")

    def _prepare_heads(self) -> None:
        """Lets the heads learn what the encoder knows already, which their first steps would spoil."""
        optimiser = torch.optim.AdamW(self._heads.parameters(), HEAD_RATE)
        self.encoder.eval()
        self._heads.train()
        for batch in islice(self._batches(random.Random(self._seed)), STEPS_FOR_HEADS):
            with torch.no_grad():
                vectors = self.encoder([self._ids(text) for _, text in batch])
            optimiser.zero_grad()
            self._heads.loss(vectors, [example for example, _ in batch]).backward()
            optimiser.step()

    def _say(self, news: str) -> None:
        print(f"Run {self._seed}, {news}", flush=True)

    def accuracy(self) -> float:
        """How often the likeliest type is right among the examples held out."""
        self.encoder.eval()
        self._heads.eval()
        right = 0
        with torch.no_grad():
            for batch in _chunks(sorted(self._unseen, key=lambda example: len(example.text))):
                types, _, _ = self._heads(self.encoder([self._ids(example.text) for example in batch]))
                right += sum(TYPES[best] == e.type for best, e in zip(types.argmax(1).tolist(), batch, strict=True))
        return right / len(self._unseen)

    def _batches(self, chance: random.Random) -> Iterator[list[tuple[Example, str]]]:
        """All examples in a new order, with the text to show, in batches of like length."""
        examples = chance.sample(self._learned, len(self._learned))
        batches = [
            batch
            for start in range(0, len(examples), BATCH * 20)
            for batch in _chunks(sorted(examples[start : start + BATCH * 20], key=lambda example: len(example.text)))
        ]
        for batch in chance.sample(batches, len(batches)):
            yield [(example, self._shown(example.text, chance)) for example in batch]

    @staticmethod
    def _shown(text: str, chance: random.Random) -> str:
        if chance.random() >= NOISE:
            return text
        return with_mixed_noise(text, chance.randrange(10**6), chance.choice(KINDS_OF_NOISE))

    def _mean_vector(self) -> Tensor:
        self.encoder.eval()
        some = random.Random(1).sample(self._learned, 300)
        with torch.no_grad():
            vectors = [self.encoder([self._ids(example.text) for example in batch]) for batch in _chunks(some)]
        return torch.cat(vectors).mean(0)

    def _ids(self, text: str) -> list[int]:
        return self._base.tokenizer.ids(text)[:MOST_TOKENS]


def _chunks(examples: Sequence[Example]) -> Iterator[Sequence[Example]]:
    for start in range(0, len(examples), BATCH):
        yield examples[start : start + BATCH]


def averaged(runs: Sequence[dict[str, Array]]) -> dict[str, Array]:
    """Adapters that add the average of what those of `runs` add: the narrow matrices side by side."""
    return {
        name: np.concatenate([run[name] for run in runs], axis=0)
        if name.endswith(".a")
        else np.concatenate([run[name] for run in runs], axis=1) / np.float16(len(runs))
        for name in runs[0]
    }


def adapters_of_run(seed: int, examples: Sequence[Example], start: Mapping[str, Array], runs: int) -> dict[str, Array]:
    """The adapters that one of so many runs learns, on its share of the processor's cores."""
    torch.set_num_threads(max(1, (os.cpu_count() or 1) // runs))
    adaptation = Adaptation(examples, seed, start)
    adaptation.run()
    return adaptation.encoder.adapters()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("destination", type=Path)
    parser.add_argument("--go-on", action="store_true", help="from the adapters in the destination")
    arguments = parser.parse_args()
    if not EXAMPLES.is_dir():
        sys.exit("Run this from the project's folder.")
    examples = list(read_examples())
    start = dict(np.load(arguments.destination)) if arguments.go_on else {}
    seeds = SEEDS[:1] if arguments.go_on else SEEDS
    run = partial(adapters_of_run, examples=examples, start=start, runs=len(seeds))
    # Started anew rather than forked: PyTorch's threads do not survive a fork.
    with ProcessPoolExecutor(len(seeds), multiprocessing.get_context("spawn")) as processes:
        runs = list(processes.map(run, seeds))
    np.savez_compressed(arguments.destination, **averaged(runs))
    print(f"Written to {arguments.destination}. Next: make train, then make evaluate.")


if __name__ == "__main__":
    main()
