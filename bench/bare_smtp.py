"""The bare pipelined client: what plain sockets can do with ready-made bytes, as the limit to measure against.

    python -m bench.bare_smtp --port P --messages N --size-file F --processes 1

F is the message that everybody gets (CRLF, dot-stuffed, ending in CRLF); each goes to a recipient of its own.
Prints {rate, seconds, cpu_us_per_message}. It notices refusals and hang-ups, and handles none.
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
    while b"\r\n250 " not in answer:
        answer += sock.recv(4096)
    return sock


def await_go_ahead(sock: socket.socket) -> None:
    """Reads the verdict on the last message and the answers to MAIL, RCPT, DATA of the next."""
    answer = sock.recv(4096)
    while b"354 " not in answer:
        more = sock.recv(4096)
        if not more:
            raise ConnectionError(f"the server hung up after {answer!r}")
        answer += more
    if answer[:1] not in b"23":
        raise ValueError(f"refused: {answer!r}")


def groups(first: int, messages: int) -> Iterator[bytes]:
    """One MAIL, RCPT, DATA group per message, recipients all different."""
    for number in range(first, first + messages):
        yield b"MAIL FROM:<b@example.org>\r\nRCPT TO:<u%d@example.com>\r\nDATA\r\n" % number


def send(port: int, message: bytes, first: int, messages: int, connections: int) -> None:
    """Sends from one process: two system calls per message, the least that RFC 2920 allows (content waits for its 354).

    Connections take turns and block. With 32 of them the next one's answer is there nearly always, and neither
    epoll nor a wait is paid for: measured 9 µs of CPU per message of 8 KB, with epoll 10.
    """
    end = message + b".\r\n"
    socks = [connect(port) for _ in range(min(connections, messages))]
    group = groups(first, messages)
    for sock in socks:
        sock.sendall(next(group))
    left = messages - len(socks)
    while left > 0:
        for sock in socks[:left]:
            await_go_ahead(sock)
            sock.sendall(end + next(group))
        left -= len(socks)
    for sock in socks:
        await_go_ahead(sock)
        sock.sendall(end)
    for sock in socks:
        if not sock.recv(4096).startswith(b"250"):
            raise ValueError("the last message of a connection was refused")
        sock.close()


def send_from(processes: int, port: int, message: bytes, messages: int, connections: int) -> None:
    """Shares the messages among `processes`, this one included."""
    share = messages // processes
    children = []
    for part in range(processes - 1):
        child = os.fork()
        if not child:
            send(port, message, part * share, share, connections)
            os._exit(0)
        children.append(child)
    sent = share * len(children)
    send(port, message, sent, messages - sent, connections)
    if any(os.waitpid(child, 0)[1] for child in children):
        raise SystemExit("a process failed")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--messages", type=int, required=True)
    parser.add_argument("--size-file", type=Path, required=True)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--connections", type=int, default=32, help="per process")
    options = parser.parse_args()
    message = options.size_file.read_bytes()
    started, used = time.perf_counter(), sum(os.times()[:4])
    send_from(options.processes, options.port, message, options.messages, options.connections)
    seconds, used = time.perf_counter() - started, sum(os.times()[:4]) - used
    result = {
        "rate": round(options.messages / seconds),
        "seconds": round(seconds, 3),
        "cpu_us_per_message": round(used / options.messages * 1e6, 2),
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
