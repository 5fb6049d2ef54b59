#!/usr/bin/env python3
"""Teach the network of train.py on several nodes at once.

Every rank runs this script with the same network and its own part (shard) of
the digits. At every step each rank works out a gradient from its shard; the
ranks exchange these over TCP and all take the same step along the mean. So the
networks stay equal to the last bit, which is checked at the end.

The ranks find each other through what a job tells them:

  AZ_BATCH_HOST_LIST          the addresses of the nodes, separated by commas
  AZ_BATCHAI_SHARED_JOB_TEMP  a directory they share: rank 0 listens on a free
                              port of its node and says here on which one
  AZ_BATCHAI_OUTPUT_MODEL     where rank 0 puts model.json

With the default settings and two ranks it reads more than 95 % of the held-out
digits correctly, as train.py does alone.
"""

from __future__ import annotations

import hashlib
import os
import random
import socket
import struct
import time
from array import array
from pathlib import Path
from typing import List, Sequence

from train import BATCH, Network, batches, check, fail, load, options, progress, save, say

PATIENCE = 60  # seconds to wait for another rank before giving up on it
LENGTH = struct.Struct("!I")  # what every message starts with: how many bytes follow
RANK = struct.Struct("!I")  # the first message of a rank: who it is


class PeerError(Exception):
    """Another rank did not come, went away, or sent what nobody expected."""


class Peer:
    """The connection to one other rank: whole messages out, whole messages in."""

    def __init__(self, connection: socket.socket, name: str) -> None:
        connection.settimeout(PATIENCE)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.connection = connection
        self.name = name

    def send(self, message: bytes) -> None:
        try:
            self.connection.sendall(LENGTH.pack(len(message)) + message)
        except OSError as error:
            raise PeerError(f"cannot send to {self.name}: {error}") from error

    def receive(self, size: int) -> bytes:
        """The next message, which has to be `size` bytes long."""
        (length,) = LENGTH.unpack(self._read(LENGTH.size))
        if length != size:
            raise PeerError(f"{self.name} sent {length} bytes instead of {size}")
        return self._read(size)

    def _read(self, size: int) -> bytes:
        data = bytearray()
        while len(data) < size:
            try:
                part = self.connection.recv(size - len(data))
            except socket.timeout as error:
                raise PeerError(f"{self.name} has been silent for {PATIENCE} s") from error
            except OSError as error:
                raise PeerError(f"{self.name} has gone: {error}") from error
            if not part:
                raise PeerError(f"{self.name} has gone: it closed the connection")
            data += part
        return bytes(data)


class Ranks:
    """All ranks of the job, seen from one: a star with rank 0 in the middle."""

    def __init__(self, rank: int, size: int, address: str, shared: Path) -> None:
        self.rank, self.size = rank, size
        deadline = time.monotonic() + PATIENCE
        meeting_point = shared / "rank-0"
        if rank == 0:
            self.peers = self._welcome(address, meeting_point, deadline)
        else:
            self.peers = [self._join(address, meeting_point, deadline)]

    def _welcome(self, address: str, meeting_point: Path, deadline: float) -> List[Peer]:
        """Rank 0: listen, say where, and wait until all the others have come."""
        peers = {}
        try:
            with socket.create_server((address, 0), backlog=self.size) as server:
                beside = meeting_point.with_suffix(".part")
                beside.write_text(f"{address}:{server.getsockname()[1]}", encoding="ascii")
                os.replace(beside, meeting_point)
                while len(peers) < self.size - 1:
                    server.settimeout(max(deadline - time.monotonic(), 0.001))
                    peer = Peer(server.accept()[0], "a newcomer")
                    (rank,) = RANK.unpack(peer.receive(RANK.size))
                    if rank in peers or not 0 < rank < self.size:
                        raise PeerError(f"nobody expected one more rank {rank}")
                    peer.name = f"rank {rank}"
                    peers[rank] = peer
        except socket.timeout as error:
            missing = ", ".join(str(rank) for rank in range(1, self.size) if rank not in peers)
            raise PeerError(f"still missing after {PATIENCE} s: rank {missing}") from error
        except OSError as error:
            raise PeerError(f"cannot listen on {address} for the other ranks: {error}") from error
        return [peers[rank] for rank in sorted(peers)]

    def _join(self, address: str, meeting_point: Path, deadline: float) -> Peer:
        """Any other rank: wait until rank 0 has said where it listens, and go there."""
        while not meeting_point.exists():
            if time.monotonic() > deadline:
                raise PeerError(f"rank 0 has not said in {PATIENCE} s where it listens")
            time.sleep(0.05)
        host, port = meeting_point.read_text(encoding="ascii").split(":")
        try:
            connection = socket.create_connection((host, int(port)), PATIENCE, (address, 0))
        except OSError as error:
            raise PeerError(f"cannot reach rank 0 on {host}:{port}: {error}") from error
        peer = Peer(connection, "rank 0")
        peer.send(RANK.pack(self.rank))
        return peer

    def mean(self, values: Sequence[float]) -> List[float]:
        """The mean of what every rank passes; all get the same, to the last bit."""
        own = array("d", values)
        size = len(own) * own.itemsize
        if self.rank != 0:
            (rank_0,) = self.peers
            rank_0.send(own.tobytes())
            return list(array("d", rank_0.receive(size)))
        everyone = [own] + [array("d", peer.receive(size)) for peer in self.peers]
        mean = array("d", [sum(column) / self.size for column in zip(*everyone)])
        for peer in self.peers:
            peer.send(mean.tobytes())
        return list(mean)

    def agree(self, checksum: bytes) -> None:
        """Fail unless rank 0 and every other rank have the same checksum."""
        for peer in self.peers:
            peer.send(checksum)
        for peer in self.peers:
            if peer.receive(len(checksum)) != checksum:
                raise PeerError(f"the weights of {peer.name} differ from those of this rank")


def environment(name: str) -> str:
    """An environment variable that every job sets."""
    value = os.environ.get(name)
    if not value:
        fail(f"{name} is not set: run this as a job, see job-2-nodes.yaml")
    return value


def main() -> None:
    parser = options("Teach the network of train.py on several nodes at once.")
    parser.add_argument("--rank", type=int, required=True, help="which rank this is, from 0")
    parser.add_argument("--world-size", type=int, required=True, help="how many ranks there are")
    args = parser.parse_args()
    rank, size = args.rank, args.world_size
    if not 1 <= size <= BATCH:
        parser.error(f"--world-size has to be from 1 to {BATCH}")
    if not 0 <= rank < size:
        parser.error(f"there is no rank {rank} among {size}: is --world-size the number of nodes?")
    hosts = environment("AZ_BATCH_HOST_LIST").split(",")
    shared = Path(environment("AZ_BATCHAI_SHARED_JOB_TEMP"))
    address = hosts[rank * len(hosts) // size]  # the node of this rank

    began = time.monotonic()
    try:
        ranks = Ranks(rank, size, address, shared)
        say(f"rank {rank}: on {address}, " + ("all ranks are here" if rank == 0 else "met rank 0"))

        training, held_out = load(args.data)
        # Shards of one length, so that every rank takes as many steps as any other.
        shard = training[rank : len(training) // size * size : size]
        say(f"rank {rank}: {len(shard)} of {len(training)} digits to learn from")

        network = Network(random.Random(args.seed))  # the same start on every rank
        rng = random.Random(args.seed + rank)  # an order of its own for every shard
        for epoch in range(1, args.epochs + 1):
            losses, own_losses = [], []
            for batch in batches(shard, BATCH // size, rng):
                gradient, own_loss = network.gradient(batch)
                *gradient, loss = ranks.mean(gradient + [own_loss])
                network.step(gradient, args.learning_rate)
                losses.append(loss)
                own_losses.append(own_loss)
            if rank == 0:
                line = progress(epoch, args.epochs, losses)
                accuracy = network.accuracy(held_out)
                say(f"rank 0: {line}  held-out accuracy {accuracy:.4f}")
            else:
                say(f"rank {rank}: {progress(epoch, args.epochs, own_losses)} on its shard")
        checksum = hashlib.sha256(array("d", network.parameters()).tobytes())
        ranks.agree(checksum.digest())
    except PeerError as error:
        fail(f"rank {rank}: {error}")

    short = checksum.hexdigest()[:12]
    if rank != 0:
        say(f"rank {rank}: same weights as rank 0, checksum {short}")
        return
    path = save(network, accuracy, args.output)
    say(f"rank 0: wrote {path}, checksum {short}, after {time.monotonic() - began:.1f} s")
    check(accuracy, args.min_accuracy)


if __name__ == "__main__":
    main()
