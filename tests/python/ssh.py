"""SSH to a node with paramiko: commands, files, and a host that is another one."""

import base64
import hashlib
import io
import os
import sys

import paramiko

address, port, host_key, key_file, folder = sys.argv[1:6]
kind, encoded = host_key.split()
KEY = paramiko.Ed25519Key(data=base64.b64decode(encoded))
NAME = address if port == "22" else f"[{address}]:{port}"


def client(key=KEY):
    made = paramiko.SSHClient()
    made.get_host_keys().add(NAME, key.get_name(), key)
    made.set_missing_host_key_policy(paramiko.RejectPolicy())
    return made


def connect(made):
    made.connect(
        address, int(port), "me", key_filename=key_file, allow_agent=False, look_for_keys=False, timeout=20
    )
    return made


with connect(client()) as ssh:
    stdin, stdout, stderr = ssh.exec_command("cat; echo err >&2; exit 5")
    stdin.write("in\n")
    stdin.channel.shutdown_write()
    assert stdout.read() == b"in\n"
    assert stderr.read() == b"err\n"
    assert stdout.channel.recv_exit_status() == 5

    data = os.urandom(8 << 20)
    with ssh.open_sftp() as sftp:
        path = f"{folder}/by paramiko"
        sftp.putfo(io.BytesIO(data), path)
        assert sftp.stat(path).st_size == len(data)
        with sftp.open(path, "rb") as file:
            file.prefetch()
            assert hashlib.sha256(file.read()).digest() == hashlib.sha256(data).digest()
        with sftp.open(path, "ab") as file:
            file.write(b"more")
        assert sftp.stat(path).st_size == len(data) + 4
        sftp.truncate(path, 3)
        with sftp.open(path) as file:
            assert file.read() == data[:3]
        assert "by paramiko" in sftp.listdir(folder)
        sftp.chmod(path, 0o600)
        assert sftp.stat(path).st_mode & 0o777 == 0o600
        sftp.rename(path, path + ".new")
        try:
            sftp.stat(path)
            raise AssertionError("it has another name")
        except FileNotFoundError:
            pass
        sftp.remove(path + ".new")
        sftp.mkdir(f"{folder}/made")
        sftp.chdir(f"{folder}/made")
        assert sftp.normalize(".") == f"{folder}/made"
        sftp.rmdir(f"{folder}/made")

    stdin, stdout, stderr = ssh.exec_command("trap 'echo caught; exit 9' TERM; echo ready; while :; do sleep 0.1; done")
    assert stdout.readline() == "ready\n"
    # RFC 4254, 6.9; paramiko has no function for it.
    signal = paramiko.Message()
    signal.add_byte(paramiko.common.cMSG_CHANNEL_REQUEST)
    signal.add_int(stdout.channel.remote_chanid)
    signal.add_string("signal")
    signal.add_boolean(False)
    signal.add_string("TERM")
    ssh.get_transport()._send_user_message(signal)
    assert stdout.readline() == "caught\n"
    assert stdout.channel.recv_exit_status() == 9

    shell = ssh.invoke_shell(term="vt100", width=101, height=31)
    shell.sendall(b"stty size; exit 3\n")
    said = b""
    while chunk := shell.recv(1 << 16):
        said += chunk
    assert b"31 101" in said, said
    assert shell.recv_exit_status() == 3

try:
    connect(client(paramiko.Ed25519Key.from_private_key_file(sys.argv[6])))
    raise AssertionError("the host has another key")
except paramiko.BadHostKeyException:
    pass
print("all is well")
