"""The bare pipelined client: what plain sockets can do with ready-made bytes, as the limit to measure against.

    python -m bench.bare_smtp --port P --messages N --size-file F --processes 1

F holds the message that everybody gets (CRLF, dot-stuffed); every message has its own recipient. Prints
{rate, seconds, cpu_us_per_message}. No error handling beyond noticing that something went wrong.
"""

import argparse
import json
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path


def connect(port: int) -> socket.socket:
    """A connection past EHLO."""
    sock = socket.create_connection(("127.0.0.1", port))
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.recv(4096)
    sock.sendall(b"EHLO bare.test\r\n")
    answer = b""
    while not answer.rpartition(b"\n250 ")[1]:
        answer += sock.recv(4096)
    return sock


def awaits_body(sock: socket.socket) -> bool:
    """Reads up to the go-ahead for the next message's content; blocking, as somebody else is always at work."""
    answer = sock.recv(4096)
    while b"354 " not in answer[-100:]:
        more = sock.recv(4096)
        if not more:
            raise ConnectionError(f"the server hung up after {answer!r}")
        answer += more
    if answer[:1] not in b"23":
        raise ValueError(f"refused: {answer!r}")
    return True


def groups(first: int, messages: int) -> Iterator[bytes]:
    """One MAIL, RCPT, DATA group per message, recipients all different."""
    for number in range(first, first + messages):
        yield b"MAIL FROM:<b@example.org>\r\nRCPT TO:<u%d@example.com>\r\nDATA\r\n" % number


def send(port: int, message: bytes, first: int, messages: int, connections: int) -> None:
    """Sends from one process. Connections take turns, so that neither epoll nor a wait is needed: two system
    calls per message, the least that RFC 2920 allows, as the content must wait for its 354."""
    body = message + b".\r\n"
    socks = [connect(port) for _ in range(min(connections, messages))]
    group = groups(first, messages)
    for sock in socks:
        sock.sendall(next(group))
    left = messages - len(socks)
    while left > 0:
        for sock in socks[: min(left, len(socks))]:
            awaits_body(sock)
            sock.sendall(body + next(group))
        left -= len(socks)
    for sock in socks:
        awaits_body(sock)
        sock.sendall(body + b"QUIT\r\n")
    for sock in socks:
        if not sock.recv(4096).startswith(b"250"):
            raise ValueError("the last message of a connection was refused")
        sock.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--messages", type=int, required=True)
    parser.add_argument("--size-file", type=Path, required=True)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--connections", type=int, default=8, help="per process")
    options = parser.parse_args()
    message = options.size_file.read_bytes()
    share = options.messages // options.processes
    started = time.perf_counter()
    children = []
    for part in range(1, options.processes):
        child = os.fork()
        if not child:
            send(options.port, message, part * share, share, options.connections)
            os._exit(0)
        children.append(child)
    send(options.port, message, 0, options.messages - share * len(children), options.connections)
    if any(os.waitpid(child, 0)[1] for child in children):
        raise SystemExit("a process failed")
    seconds = time.perf_counter() - started
    cpu = sum(os.times()[:4])
    print(
        json.dumps(
            {
                "rate": round(options.messages / seconds),
                "seconds": round(seconds, 3),
                "cpu_us_per_message": round(cpu / options.messages * 1e6, 2),
            }
        )
    )


if __name__ == "__main__":
    main()
