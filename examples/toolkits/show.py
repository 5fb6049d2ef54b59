"""Prints what a process of a job was given and meets the others, in the way of each toolkit, with nothing but Python.

The job files beside it say how: show.py [alone | mpi | rendezvous | shards | worker | ps] and what belongs to it.
"""

import argparse
import os
import socket
import sys
import time
from pathlib import Path
from urllib.parse import urlparse

PATIENCE = 120  # seconds
HOSTS = os.environ["AZ_BATCH_HOST_LIST"].split(",")


def say(who, *lines):
    """All lines at once: processes under MPI share a file."""
    print("".join(f"{who}: {line}\n" for line in lines), end="", flush=True)


def show(who, address, *variables):
    """What this process was given; variables that it lacks are left out."""
    given = [f"{name}={os.environ[name]}" for name in ("AZ_BATCH_HOST_LIST", *variables) if name in os.environ]
    say(who, f"node {address}", f"working directory {os.getcwd()}", *given)


def node_of(rank, size):
    """The address of its node: ranks fill the nodes in blocks, the first nodes taking what is left over."""
    each, left = divmod(size, len(HOSTS))
    blocks = [host for place, host in enumerate(HOSTS) for _ in range(each + (place < left))]
    return blocks[rank]


def wait_for(what, look):
    """The first answer of `look` that is one."""
    deadline = time.monotonic() + PATIENCE
    while not (found := look()):
        if time.monotonic() > deadline:
            sys.exit(f"waited for {what} in vain")
        time.sleep(0.05)
    return found


def meet_in_folder(kind, folder, number, count):
    """Every process makes a file and waits for those of the others."""
    (Path(folder) / f"{kind}-{number}").touch()
    wait_for(f"{count} files", lambda: len(list(Path(folder).glob(f"{kind}-*"))) >= count)
    say(f"{kind} {number}", f"all {count} have met in AZ_BATCHAI_SHARED_JOB_TEMP")


def alone(given):
    show("job", HOSTS[0], "AZ_BATCHAI_MPI_HOST_FILE")
    hosts = Path(os.environ["AZ_BATCHAI_MPI_HOST_FILE"]).read_text().splitlines()
    say("job", f"I am alone, and could start others on {len(hosts)} nodes: {'; '.join(hosts)}")


def mpi(given):
    """The names are those of Open MPI, and of Intel MPI and MPICH."""
    rank = int(os.environ.get("OMPI_COMM_WORLD_RANK") or os.environ["PMI_RANK"])
    size = int(os.environ.get("OMPI_COMM_WORLD_SIZE") or os.environ["PMI_SIZE"])
    show(f"rank {rank}", node_of(rank, size), "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", "PMI_RANK", "PMI_SIZE")
    meet_in_folder("rank", os.environ["AZ_BATCHAI_SHARED_JOB_TEMP"], rank, size)


def rendezvous(given):
    """As torch.distributed.init_process_group with a file:// URL: every rank adds to the file and reads the others."""
    who = f"rank {given.rank}"
    show(who, node_of(given.rank, given.world_size), "AZ_BATCHAI_TASK_INDEX", "AZ_BATCHAI_PYTORCH_INIT_METHOD")
    file = Path(urlparse(given.init_method).path)
    with file.open("a") as lines:
        lines.write(f"{given.rank}\n")
    wait_for("the other ranks", lambda: file.read_text().count("\n") >= given.world_size)
    say(who, f"ranks {', '.join(sorted(file.read_text().split(), key=int))} have met in the file")


def shards(given):
    show(f"shard {given.shard_id}", HOSTS[given.shard_id], "AZ_BATCHAI_TASK_INDEX", "AZ_BATCHAI_SHARED_JOB_TEMP")
    meet_in_folder("shard", given.file_store_path, given.shard_id, given.num_shards)


def task(given, addresses):
    who = f"{given.role} {given.task_index}"
    address = addresses[given.task_index]
    names = ("AZ_BATCHAI_TASK_INDEX", "AZ_BATCHAI_PS_HOSTS", "AZ_BATCHAI_WORKER_HOSTS", "TF_CONFIG")
    show(who, address.partition(":")[0], *names)
    return who, address


def address_of(text):
    host, _, port = text.partition(":")
    return host, int(port)


def serve_for_ever(given):
    """A parameter server: tells all workers when all have come, and never ends by itself."""
    who, address = task(given, given.ps_hosts)
    with socket.create_server(address_of(address)) as server:
        came = {}
        while True:
            connection = server.accept()[0]
            came[connection.makefile().readline().strip()] = connection
            if len(came) == len(given.worker_hosts):
                say(who, f"serves {', '.join(sorted(came))}")
                # The master last: the job is over when it ends.
                for name in sorted(came, reverse=True):
                    came[name].sendall(b"all are here\n")
                    came[name].makefile().read()
                came.clear()


def connect(address):
    try:
        return socket.create_connection(address_of(address), timeout=PATIENCE)
    except ConnectionRefusedError:
        return None


def work(given):
    """A worker: asks every parameter server; worker 0 is the master."""
    who, _ = task(given, given.worker_hosts)
    for index, server in enumerate(given.ps_hosts):
        with wait_for(f"ps {index}", lambda: connect(server)) as connection:
            connection.sendall(f"{who}\n".encode())
            say(who, f"ps {index} at {server} says: {connection.makefile().readline().strip()}")


def arguments():
    parser = argparse.ArgumentParser()
    ways = parser.add_subparsers(dest="role")
    parser.set_defaults(run=alone)
    ways.add_parser("alone")
    ways.add_parser("mpi").set_defaults(run=mpi)
    way = ways.add_parser("rendezvous")
    way.add_argument("--rank", type=int)
    way.add_argument("--world-size", type=int)
    way.add_argument("--init-method")
    way.set_defaults(run=rendezvous)
    way = ways.add_parser("shards")
    way.add_argument("--shard-id", type=int)
    way.add_argument("--num-shards", type=int)
    way.add_argument("--file-store-path")
    way.set_defaults(run=shards)
    for role, run in (("worker", work), ("ps", serve_for_ever)):
        way = ways.add_parser(role)
        way.add_argument("--task-index", type=int)
        way.add_argument("--ps-hosts", type=lambda text: text.split(","))
        way.add_argument("--worker-hosts", type=lambda text: text.split(","))
        way.set_defaults(run=run)
    return parser.parse_args()


given = arguments()
given.run(given)
