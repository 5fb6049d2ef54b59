#!/usr/bin/env python3
"""Teach a small neural network to read handwritten digits.

Needs Python 3.8 or later and nothing else: the whole of the maths is below.
The network has one hidden layer. It learns from four fifths of the digits in
data/digits.csv, and after every epoch it is tested on the fifth held out from
it. With the default settings it reads more than 95 % of those correctly.

The model goes to model.json in the output directory, which is
$AZ_BATCHAI_OUTPUT_MODEL in a job and the current directory elsewhere. One seed
and one version of Python always give one and the same model.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import random
import sys
import time
from itertools import chain
from operator import mul
from pathlib import Path
from typing import Iterator, List, NoReturn, Sequence, Tuple

PIXELS, HIDDEN, DIGITS = 64, 32, 10
BATCH = 32

Vector = List[float]
Example = Tuple[Vector, int]  # the pixels of a digit, and which digit it is


def say(text: str) -> None:
    """Print a line at once, and in one piece: several ranks may share the output."""
    print(text + "\n", end="", flush=True)


def fail(message: str) -> NoReturn:
    """Say on stderr why there is no result, and exit with code 1."""
    print(f"{Path(sys.argv[0]).name}: {message}\n", end="", file=sys.stderr, flush=True)
    sys.exit(1)


# ---- the data ---------------------------------------------------------------


def load(path: Path) -> Tuple[List[Example], List[Example]]:
    """Read the digits: those to learn from, and those held out for the test.

    The split does not depend on --seed, so that the accuracies of different
    runs can be compared.
    """
    examples = []
    try:
        with open(path, encoding="ascii", errors="replace") as lines:
            for number, line in enumerate(lines, start=1):
                *pixels, digit = map(int, line.split(","))
                if len(pixels) != PIXELS or not 0 <= digit < DIGITS:
                    raise ValueError
                # The 1 after the pixels is what the bias is multiplied by.
                examples.append(([pixel / 16 for pixel in pixels] + [1.0], digit))
    except FileNotFoundError:
        fail(f"there is no data file {path}; say with --data where digits.csv is")
    except OSError as error:
        fail(f"cannot read the data file {path}: {error.strerror}")
    except ValueError:
        fail(f"{path}, line {number}: expected {PIXELS} pixels and a digit, separated by commas")
    held_out = len(examples) // 5
    if held_out < BATCH:
        fail(f"{path} has {len(examples)} digits, too few to learn from")
    random.Random(0).shuffle(examples)
    return examples[held_out:], examples[:held_out]


def batches(examples: List[Example], size: int, rng: random.Random) -> Iterator[List[Example]]:
    """All examples in a new random order, `size` at a time; a smaller rest is left out."""
    shuffled = rng.sample(examples, len(examples))
    for start in range(0, len(shuffled) - size + 1, size):
        yield shuffled[start : start + size]


# ---- the network ------------------------------------------------------------


def product(rows: Sequence[Sequence[float]], vector: Sequence[float]) -> Vector:
    """A matrix times a vector."""
    return [sum(map(mul, row, vector)) for row in rows]


def add_scaled(row: Vector, factor: float, vector: Sequence[float]) -> None:
    """row += factor * vector"""
    row[:] = [a + factor * b for a, b in zip(row, vector)]


class Network:
    """64 pixels -> 32 hidden units (ReLU) -> 10 probabilities (softmax).

    A layer is a list of rows, one for each unit: its weights, then its bias.
    """

    def __init__(self, rng: random.Random) -> None:
        def layer(inputs: int, units: int) -> List[Vector]:
            scale = math.sqrt(2 / inputs)
            return [[rng.gauss(0, scale) for _ in range(inputs)] + [0.0] for _ in range(units)]

        self.hidden = layer(PIXELS, HIDDEN)
        self.output = layer(HIDDEN, DIGITS)

    def parameters(self) -> Vector:
        """All weights and biases, one after the other."""
        return list(chain(*self.hidden, *self.output))

    def forward(self, pixels: Vector) -> Tuple[Vector, Vector]:
        """What the hidden units say (and a 1 for the bias), and the probabilities."""
        hidden = [max(0.0, value) for value in product(self.hidden, pixels)] + [1.0]
        scores = product(self.output, hidden)
        highest = max(scores)
        powers = [math.exp(score - highest) for score in scores]
        total = sum(powers)
        return hidden, [power / total for power in powers]

    def gradient(self, batch: List[Example]) -> Tuple[Vector, float]:
        """The slope of the mean loss at every parameter, in their order; and that loss."""
        hidden_slopes = [[0.0] * len(row) for row in self.hidden]
        output_slopes = [[0.0] * len(row) for row in self.output]
        columns = list(zip(*self.output))[:HIDDEN]
        loss = 0.0
        for pixels, digit in batch:
            hidden, errors = self.forward(pixels)
            loss -= math.log(max(errors[digit], 1e-300))
            errors[digit] -= 1  # probabilities minus the truth: the error of each score
            for slopes, error in zip(output_slopes, errors):
                add_scaled(slopes, error, hidden)
            for slopes, error, active in zip(hidden_slopes, product(columns, errors), hidden):
                if active:
                    add_scaled(slopes, error, pixels)
        size = len(batch)
        return [slope / size for slope in chain(*hidden_slopes, *output_slopes)], loss / size

    def step(self, gradient: Vector, learning_rate: float) -> None:
        """Move every parameter a little way downhill."""
        start = 0
        for row in chain(self.hidden, self.output):
            add_scaled(row, -learning_rate, gradient[start : start + len(row)])
            start += len(row)

    def accuracy(self, examples: List[Example]) -> float:
        """Which part of the examples it reads correctly, from 0 to 1."""
        right = 0
        for pixels, digit in examples:
            _, probabilities = self.forward(pixels)
            right += probabilities.index(max(probabilities)) == digit
        return right / len(examples)


# ---- the run ----------------------------------------------------------------


def options(description: str) -> argparse.ArgumentParser:
    """The command line options of a training script."""

    def positive(kind: type):
        def parse(text: str):
            value = kind(text)
            if not 0 < value < math.inf:
                raise ValueError
            return value

        parse.__name__ = f"positive {kind.__name__}"  # argparse: "invalid positive int value"
        return parse

    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    here = Path(__file__).resolve().parent
    output = os.environ.get("AZ_BATCHAI_OUTPUT_MODEL") or "."
    parser.add_argument("--data", type=Path, default=here / "data" / "digits.csv", help="the digits")
    parser.add_argument("--output", type=Path, default=output, help="where model.json goes")
    parser.add_argument("--epochs", type=positive(int), default=20, help="times to go through the data")
    parser.add_argument("--learning-rate", type=positive(float), default=0.2, help="how far a step goes")
    parser.add_argument("--seed", type=int, default=1, help="start of the random numbers")
    parser.add_argument("--min-accuracy", type=float, help="fail if the held-out accuracy is lower")
    return parser


def progress(epoch: int, epochs: int, losses: Sequence[float]) -> str:
    """The line of an epoch; a run that has lost its way ends here."""
    loss = sum(losses) / len(losses)
    if not math.isfinite(loss):
        fail("the loss is no longer a number; try a smaller --learning-rate")
    return f"epoch {epoch:{len(str(epochs))}}/{epochs}  loss {loss:.4f}"


def save(network: Network, accuracy: float, directory: Path) -> Path:
    """Write model.json: beside its place first, so that nobody ever sees half a model."""
    model = {"accuracy": accuracy, "hidden": network.hidden, "output": network.output}
    path = directory / "model.json"
    beside = directory / "model.json.part"
    try:
        directory.mkdir(parents=True, exist_ok=True)
        beside.write_text(json.dumps(model) + "\n", encoding="ascii")
        os.replace(beside, path)
    except OSError as error:
        fail(f"cannot write {path}: {error.strerror}")
    return path


def check(accuracy: float, required: float | None) -> None:
    """Fail if the accuracy is lower than --min-accuracy."""
    if required is not None and accuracy < required:
        fail(f"the held-out accuracy is {accuracy:.4f}, and --min-accuracy asks for {required}")


def main() -> None:
    args = options("Teach a small neural network to read handwritten digits.").parse_args()
    began = time.monotonic()
    training, held_out = load(args.data)
    say(f"{len(training)} digits to learn from, {len(held_out)} held out")
    rng = random.Random(args.seed)
    network = Network(rng)
    for epoch in range(1, args.epochs + 1):
        losses = []
        for batch in batches(training, BATCH, rng):
            gradient, loss = network.gradient(batch)
            network.step(gradient, args.learning_rate)
            losses.append(loss)
        line = progress(epoch, args.epochs, losses)
        accuracy = network.accuracy(held_out)
        say(f"{line}  held-out accuracy {accuracy:.4f}")
    path = save(network, accuracy, args.output)
    say(f"wrote {path} after {time.monotonic() - began:.1f} s")
    check(accuracy, args.min_accuracy)


if __name__ == "__main__":
    main()
