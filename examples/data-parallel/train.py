"""Teach a small neural network to read handwritten digits, data-parallel over several processes.

Every process holds the whole network and takes its own part of every batch. It works out the gradient of its part;
`pmean` averages the gradients over all processes, on all nodes, so that all take the same step. At the end they
compare checksums: the networks are equal to the last bit.

The processes find each other through what a job tells them:

  AZ_BATCH_HOST_LIST       the addresses of the nodes, separated by commas; rank 0 is on the first
  AZ_BATCHAI_OUTPUT_MODEL  where rank 0 puts model.npz and result.json
"""

import argparse
import hashlib
import json
import os
import sys
import time
from functools import partial
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
from jax.experimental.multihost_utils import process_allgather
from jax.sharding import NamedSharding
from jax.sharding import PartitionSpec as P

PIXELS, HIDDEN, DIGITS = 64, 64, 10
DATA = Path(__file__).resolve().parent.parent / "quickstart" / "data" / "digits.csv"


def options():
    parser = argparse.ArgumentParser(description="Teach a network to read digits, on several nodes at once.")
    parser.add_argument("--world-size", type=int, required=True, help="how many processes there are")
    parser.add_argument("--rank", type=int, required=True, help="which of them this is, from 0")
    parser.add_argument("--epochs", type=int, default=15, help="times to go through the data")
    parser.add_argument("--batch", type=int, default=128, help="digits of a batch, over all processes")
    parser.add_argument("--learning-rate", type=float, default=0.5, help="how far a step goes")
    parser.add_argument("--port", type=int, default=29500, help="where the processes meet, on the first node")
    parser.add_argument("--min-accuracy", type=float, default=0.0, help="fail if the held-out accuracy is lower")
    args = parser.parse_args()
    if args.batch % args.world_size:
        parser.error(f"--batch {args.batch} cannot be divided among {args.world_size} processes")
    return args


def meet(args):
    """Wait until all processes are there."""
    hosts = os.environ.get("AZ_BATCH_HOST_LIST")
    if not hosts:
        sys.exit("train.py: AZ_BATCH_HOST_LIST is not set: run this as a job, see job.yaml")
    address = f"{hosts.split(',')[0]}:{args.port}"
    jax.config.update("jax_platforms", "cpu")
    jax.config.update("jax_cpu_collectives_implementation", "gloo")
    jax.distributed.initialize(address, args.world_size, args.rank, coordinator_bind_address=address)


def load():
    """The digits to learn from and those held out for the test; every process sees the same."""
    table = np.loadtxt(DATA, delimiter=",", dtype=np.int32)
    pixels, digits = table[:, :PIXELS].astype(np.float32) / 16, table[:, PIXELS]
    order = np.random.default_rng(0).permutation(len(table))
    held_out, training = order[: len(table) // 5], order[len(table) // 5 :]
    return (pixels[training], digits[training]), (pixels[held_out], digits[held_out])


def start():
    """A network that has learnt nothing; one seed gives one network."""
    one, two = jax.random.split(jax.random.key(1))
    return {
        "hidden": jax.random.normal(one, (PIXELS, HIDDEN)) * (2 / PIXELS) ** 0.5,
        "hidden_bias": jnp.zeros(HIDDEN),
        "output": jax.random.normal(two, (HIDDEN, DIGITS)) * (2 / HIDDEN) ** 0.5,
        "output_bias": jnp.zeros(DIGITS),
    }


def scores(network, pixels):
    hidden = jax.nn.relu(pixels @ network["hidden"] + network["hidden_bias"])
    return hidden @ network["output"] + network["output_bias"]


def loss_of(network, pixels, digits):
    chances = jax.nn.log_softmax(scores(network, pixels))
    return -jnp.take_along_axis(chances, digits[:, None], axis=1).mean()


def make_step(mesh, learning_rate):
    """A step of all processes together: the network, its part of the batch -> the next network, the mean loss."""

    @jax.jit
    @partial(jax.shard_map, mesh=mesh, in_specs=(P(), P("rank"), P("rank")), out_specs=(P(), P()), check_vma=False)
    def step(network, pixels, digits):
        loss, gradient = jax.value_and_grad(loss_of)(network, pixels, digits)
        loss, gradient = jax.lax.pmean((loss, gradient), "rank")
        return jax.tree.map(lambda weight, slope: weight - learning_rate * slope, network, gradient), loss

    return step


def train(args, training):
    """All epochs; the network as this process has it in the end, and the last loss."""
    pixels, digits = training
    mesh = jax.make_mesh((args.world_size,), ("rank",))
    network = jax.jit(start, out_shardings=NamedSharding(mesh, P()))()
    step = make_step(mesh, args.learning_rate)
    part = args.batch // args.world_size
    shared_order = np.random.default_rng(1)
    together = partial(jax.make_array_from_process_local_data, NamedSharding(mesh, P("rank")))
    for epoch in range(1, args.epochs + 1):
        losses = []
        order = shared_order.permutation(len(digits))
        for first in range(0, len(digits) - args.batch + 1, args.batch):
            mine = order[first + args.rank * part :][:part]
            network, loss = step(network, together(pixels[mine]), together(digits[mine]))
            losses.append(loss.addressable_data(0))
        loss = float(np.mean(losses))
        if args.rank == 0:
            print(f"epoch {epoch:2}/{args.epochs}  loss {loss:.4f}", flush=True)
    return jax.tree.map(lambda weights: np.asarray(weights.addressable_data(0)), network), loss


def agree(network):
    """The checksum of the network; fails unless all processes have the same."""
    checksum = hashlib.sha256(b"".join(weights.tobytes() for weights in jax.tree.leaves(network)))
    of_all = process_allgather(np.frombuffer(checksum.digest(), dtype=np.uint8))
    if (of_all != of_all[0]).any():
        sys.exit("train.py: the networks of the processes differ")
    return checksum.hexdigest()[:12]


def save(network, result):
    directory = Path(os.environ.get("AZ_BATCHAI_OUTPUT_MODEL") or ".")
    np.savez(directory / "model.npz", **network)
    (directory / "result.json").write_text(json.dumps(result) + "\n")
    return directory


def main():
    args = options()
    began = time.monotonic()
    meet(args)
    training, held_out = load()
    print(f"rank {args.rank}: {jax.process_count()} processes have met", flush=True)
    network, loss = train(args, training)
    checksum = agree(network)
    print(f"rank {args.rank}: all have the same network, checksum {checksum}", flush=True)
    accuracy = float((scores(network, held_out[0]).argmax(axis=1) == held_out[1]).mean())
    if args.rank == 0:
        result = {"accuracy": accuracy, "loss": loss, "processes": args.world_size, "checksum": checksum}
        directory = save(network, result)
        print(f"wrote {directory} after {time.monotonic() - began:.1f} s: held-out accuracy {accuracy:.4f}", flush=True)
    if accuracy < args.min_accuracy:
        sys.exit(f"train.py: the held-out accuracy is {accuracy:.4f}, and --min-accuracy asks for {args.min_accuracy}")


if __name__ == "__main__":
    main()
