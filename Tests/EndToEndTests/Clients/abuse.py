#!/usr/bin/env python3
"""Treats a server badly in many ways, while somebody else asks whether it is well; needs nothing but Python.

Usage: URL=http://… TOKEN=slp_… abuse.py PID MEGABYTES [SCENE…]

All the while the server must answer /healthz within a second, on a new connection each time, and its resident memory must stay below MEGABYTES.
"""
import asyncio
import gzip
import io
import json
import os
import resource
import socket
import struct
import sys
import tarfile
import time
import urllib.parse
import zlib

URL = urllib.parse.urlsplit(os.environ["URL"])
TOKEN = os.environ["TOKEN"]
HOST = URL.netloc.encode()
AUTHORIZATION = b"Authorization: Bearer " + TOKEN.encode() + b"\r\n"
LOST = (OSError, asyncio.IncompleteReadError, asyncio.TimeoutError)


class Fault(Exception):
    """What a server must not do."""


async def connect():
    return await asyncio.wait_for(asyncio.open_connection(URL.hostname, URL.port), 10)


async def answer(reader, limit=30):
    """The status of what comes, or None when the server just ends the connection."""
    try:
        line = await asyncio.wait_for(reader.readline(), limit)
    except (ConnectionError, asyncio.IncompleteReadError):
        return None
    return int(line.split()[1]) if line.startswith(b"HTTP/1.") else None


async def statuses(reader, limit=5):
    """The statuses of all answers that come until the server ends the connection or says no more."""
    data = b""
    try:
        while piece := await asyncio.wait_for(reader.read(1 << 16), limit):
            data += piece
    except LOST:
        pass
    return [int(part.split()[0]) for part in data.split(b"HTTP/1.1 ")[1:]]


def post(path, length, kind=b"application/json"):
    return (
        b"POST " + path + b" HTTP/1.1\r\nHost: " + HOST + b"\r\n" + AUTHORIZATION
        + b"Content-Type: " + kind + b"\r\nContent-Length: " + str(length).encode() + b"\r\n\r\n"
    )


# Clients that don't get on


async def slow_headers(count=400):
    """Their header never ends: the server ends the connection soon after ten seconds."""

    async def one(index):
        reader, writer = await connect()
        begin = time.monotonic()
        try:
            writer.write(b"GET /healthz HTTP/1.1\r\nHost: " + HOST + b"\r\n")
            while not reader.at_eof() and time.monotonic() - begin < 30:
                writer.write(b"X-%d: y\r\n" % index if index % 2 else b"X")
                try:
                    status = await asyncio.wait_for(reader.readline(), 0.5)
                    if status.startswith(b"HTTP/1.1 200"):
                        raise Fault("a header without an end was answered")
                except asyncio.TimeoutError:
                    continue
                except ConnectionError:
                    break
            return time.monotonic() - begin
        finally:
            writer.close()

    slowest = max(await asyncio.gather(*(one(index) for index in range(count))))
    if slowest > 20:
        raise Fault(f"a header may take {slowest:.0f} s")
    return f"{count} headers cut after at most {slowest:.1f} s"


async def slow_bodies(count=300):
    """A body of which a byte a second comes is not waited for."""

    async def one(index):
        reader, writer = await connect()
        begin = time.monotonic()
        try:
            writer.write(post(b"/api/deploy", 1 << 20) if index % 2 else post(b"/api/state/slow", 1 << 28))
            while not reader.at_eof() and time.monotonic() - begin < 45:
                writer.write(b" ")
                try:
                    await asyncio.wait_for(reader.readline(), 1)
                except asyncio.TimeoutError:
                    continue
                except ConnectionError:
                    break
            return time.monotonic() - begin
        finally:
            writer.close()

    slowest = max(await asyncio.gather(*(one(index) for index in range(count))))
    if slowest > 35:
        raise Fault(f"a body may take {slowest:.0f} s")
    return f"{count} bodies cut after at most {slowest:.1f} s"


async def half_open(count=3000):
    """Connections that say half a line and no more."""
    sockets = []
    try:
        for index in range(count):
            _, writer = await connect()
            sockets.append(writer)
            if index % 3:
                writer.write(b"GET / HT")
        await asyncio.sleep(3)
    finally:
        for writer in sockets:
            writer.transport.abort()
    return f"{len(sockets)} connections"


async def slow_readers(count=100):
    """They ask for a lot and read nothing."""
    connections = []
    try:
        for _ in range(count):
            reader, writer = await connect()
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            reader._limit = 1
            writer.write((b"GET /openapi.json HTTP/1.1\r\nHost: " + HOST + b"\r\n\r\n") * 200)
            connections.append(writer)
        await asyncio.sleep(5)
    finally:
        for writer in connections:
            writer.transport.abort()
    return f"{count} readers"


async def resets(count=3000):
    """The connection is torn down at every point of a request."""
    head = b"GET /openapi.json HTTP/1.1\r\nHost: " + HOST + b"\r\n\r\n"
    texts = [b"", b"GET", head, head * 8, post(b"/api/deploy", 1000), post(b"/api/deploy", 1000) + b"{" * 500, upgrade()]

    async def one(index):
        try:
            _, writer = await connect()
        except LOST:
            return
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.write(texts[index % len(texts)])
        if index % 3:
            await asyncio.sleep(0.002 * (index % 5))
        writer.transport.abort()

    for begin in range(0, count, 100):
        await asyncio.gather(*(one(index) for index in range(begin, begin + 100)))
    return f"{count} connections"


# Requests that are none


async def smuggling():
    """Two ways to read one request: it is refused, and what is hidden in it is not answered."""
    hidden = b"GET /healthz HTTP/1.1\r\nHost: " + HOST + b"\r\n\r\n"
    chunk = b"0\r\n\r\n"

    def request(*lines, body=chunk + hidden, first=b"POST /broadcasting/auth HTTP/1.1"):
        return first + b"\r\nHost: " + HOST + b"\r\n" + AUTHORIZATION + b"".join(line + b"\r\n" for line in lines) + b"\r\n" + body

    length = b"Content-Length: %d" % len(chunk + hidden)
    tries = {
        "length and chunks": request(length, b"Transfer-Encoding: chunked"),
        "chunks and length": request(b"Transfer-Encoding: chunked", b"Content-Length: 4"),
        "two lengths": request(b"Content-Length: 5", length),
        "two equal lengths": request(b"Content-Length: 5", b"Content-Length: 5"),
        "a list of lengths": request(b"Content-Length: 5, %d" % len(chunk + hidden)),
        "a length with a sign": request(b"Content-Length: +5"),
        "a negative length": request(b"Content-Length: -1"),
        "a length with a space": request(b"Content-Length: 5 5"),
        "a length in hexadecimal": request(b"Content-Length: 0x5"),
        "a length too large": request(b"Content-Length: 99999999999999999999"),
        "an unknown coding": request(b"Transfer-Encoding: xchunked"),
        "a coding twice": request(b"Transfer-Encoding: chunked", b"Transfer-Encoding: identity"),
        "chunked before another": request(b"Transfer-Encoding: chunked, gzip"),
        "a space before the colon": request(b"Transfer-Encoding : chunked", length),
        "a tab in front": request(b"Transfer-Encoding:\tchunked", length),
        "a folded line": request(b"X: y\r\n Transfer-Encoding: chunked", length),
        "a bare line feed": request(b"X: y\nTransfer-Encoding: chunked", length),
        "a bare carriage return": request(b"X: y\rTransfer-Encoding: chunked", length),
        "NUL in a value": request(b"Transfer-Encoding: chun\0ked", length),
        "a chunk too large": request(b"Transfer-Encoding: chunked", body=b"ffffffffffffffff\r\n" + hidden),
        "a chunk with a sign": request(b"Transfer-Encoding: chunked", body=b"-1\r\n" + hidden),
        "a chunk in words": request(b"Transfer-Encoding: chunked", body=b"zz\r\n" + hidden),
        "a chunk without its end": request(b"Transfer-Encoding: chunked", body=b"1\r\nabc\r\n" + chunk + hidden),
        "chunks in HTTP/1.0": request(b"Transfer-Encoding: chunked", first=b"POST /broadcasting/auth HTTP/1.0"),
        "no host": b"GET /healthz HTTP/1.1\r\n\r\n" + hidden,
        "two hosts": b"GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n" + hidden,
        "no request": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + os.urandom(200) + hidden,
        "another protocol": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + hidden,
        "a version to come": b"GET /healthz HTTP/9.9\r\nHost: " + HOST + b"\r\n\r\n" + hidden,
    }
    for name, text in tries.items():
        reader, writer = await connect()
        try:
            writer.write(text)
            found = await statuses(reader, 3)
        finally:
            writer.close()
        # Of a length that is none libmicrohttpd 0.9.75 sends its refusal's header twice, then ends the connection.
        if not set(found) <= {400, 401, 413, 501, 505} or len(found) > 2:
            raise Fault(f"{name}: {found}")
    return f"{len(tries)} requests"


async def large_headers(megabytes=100):
    """A hundred megabytes of header: as one line, as many lines, as a path, on several connections at once."""

    async def one(first, piece):
        reader, writer = await connect()
        sent = 0
        try:
            writer.write(first)
            while sent < megabytes << 20 and not reader.at_eof():
                writer.write(piece)
                sent += len(piece)
                await writer.drain()
            status = await answer(reader)
        except ConnectionError:
            status = None
        finally:
            writer.close()
        if status not in (400, 413, 414, 431, None):
            raise Fault(f"{status} for a header of {sent >> 20} MB")
        return sent

    get = b"GET / HTTP/1.1\r\nHost: " + HOST + b"\r\n"
    line = b"X-Many: " + b"y" * 1000 + b"\r\n"
    kinds = [(get + b"X-Long: ", b"y" * 65536), (get, line * 64), (b"GET /", b"y" * 65536), (b"", b"G" * 65536), (get, b"a: b\r\n" * 8192)]
    sent = await asyncio.gather(*(one(*kind) for kind in kinds * 4))
    return f"{len(sent)} headers, the server took at most {max(sent) >> 10} KB of one"


# WebSocket


def upgrade(path=b"/app/slipway?protocol=7"):
    return (
        b"GET " + path + b" HTTP/1.1\r\nHost: " + HOST + b"\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )


def frame(payload=b"", first=0x81, masked=True, length=None):
    size = len(payload) if length is None else length
    bit = 128 if masked else 0
    if size < 126:
        head = bytes([first, bit | size])
    elif size < 65536:
        head = bytes([first, bit | 126]) + struct.pack(">H", size)
    else:
        head = bytes([first, bit | 127]) + struct.pack(">Q", size)
    return head + (b"\0\0\0\0" if masked else b"") + payload


async def bad_frames(count=100):
    """Frames that the protocol forbids end the connection; messages that are none are refused, and large ones not kept."""
    deep = b'{"event":"pusher:subscribe","data":' + b"[" * 8000 + b"]" * 8000 + b"}"
    subscribe = b'{"event":"pusher:subscribe","data":{"channel":"%s","auth":"slipway:%s"}}'
    kinds = {
        "without a mask": frame(b"{}", masked=False),
        "a reserved bit": frame(b"{}", 0xC1),
        "a reserved opcode": frame(b"{}", 0x83),
        "a reserved control opcode": frame(b"{}", 0x8B),
        "a length of 2^63": frame(b"x" * 100, length=1 << 63),
        "a length of 2^62": frame(b"x" * 100, length=1 << 62),
        "a gigabyte to come": frame(b"x" * 100, length=1 << 30),
        "a long ping": frame(b"x" * 126, 0x89),
        "a ping in pieces": frame(b"x", 0x09),
        "a continuation of nothing": frame(b"x", 0x80),
        "two beginnings": frame(b"x", 0x01) + frame(b"x", 0x01),
        "no UTF-8": frame(b"\xff\xfe\xfd"),
        "half a character": frame(b"\xe2\x82"),
        "a close of one byte": frame(b"x", 0x88),
        "a close with a forbidden code": frame(struct.pack(">H", 1005), 0x88),
        "bytes": frame(b"\0\1\2", 0x82),
        "no JSON": frame(b"hello"),
        "a list": frame(b"[1,2,3]"),
        "deep JSON": frame(deep),
        "a wrong signature": frame(subscribe % (b"private-organization.1.terraform", b"0" * 64)),
        "no such channel": frame(subscribe % (b"private-" + b"x" * 5000, b"0" * 64)),
        "since below zero": frame(b'{"event":"pusher:subscribe","data":{"channel":"private-deployment.1","since":-1}}'),
        "half a frame": b"\x81",
        "many pieces": frame(b"x" * 1000, 0x01) + frame(b"x" * 1000, 0x00) * 3000,
        "many empty pieces": frame(b"", 0x01) + frame(b"", 0x00) * 20000,
        "many pings": frame(b"x" * 100, 0x89) * 5000,
        "a client's event": frame(b'{"event":"client-x","channel":"private-deployment.1","data":{}}') * 100,
    }

    async def one(name, text):
        try:
            reader, writer = await connect()
        except LOST as error:
            raise Fault(f"no connection: {error!r}") from error
        try:
            writer.write(upgrade())
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 20)
            if b" 101 " not in head:
                raise Fault(f"no WebSocket: {head[:60]}")
            writer.write(text)
            # Nothing that was refused may be taken for a subscription.
            data = b""
            try:
                while len(data) < 1 << 20 and (piece := await asyncio.wait_for(reader.read(1 << 16), 3)):
                    data += piece
            except LOST:
                pass
            if b"subscription_succeeded" in data:
                raise Fault(f"{name}: {data[:300]}")
        except LOST as error:
            raise Fault(f"{name}: {error!r}") from error
        finally:
            writer.transport.abort()

    tasks = [(name, text) for name, text in kinds.items() for _ in range(max(1, count // len(kinds)))]
    for begin in range(0, len(tasks), 60):
        await asyncio.gather(*(one(*task) for task in tasks[begin : begin + 60]))
    return f"{len(tasks)} sockets, {len(kinds)} kinds"


# Bodies


async def send(text, body=b""):
    """One request on a connection of its own: its status, and its answer's body when it is short."""
    reader, writer = await connect()
    try:
        try:
            writer.write(text)
            for begin in range(0, len(body), 1 << 18):
                writer.write(body[begin : begin + (1 << 18)])
                await writer.drain()
        except ConnectionError:
            pass
        try:
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 60)
        except LOST:
            return None, b""
        length = next((int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0)
        return int(head.split()[1]), await asyncio.wait_for(reader.readexactly(length), 60)
    finally:
        writer.transport.abort()


def refused(name, status, body):
    if status is None or not 400 <= status < 500 and status != 503:
        raise Fault(f"{name}: {status} {body[:200]}")
    error = json.loads(body)["error"]
    if not error or len(error) > 1500:
        raise Fault(f"{name}: {error[:300]}")


def bomb(megabytes, inner=b"\0" * (1 << 20)):
    compressor, out = zlib.compressobj(9, zlib.DEFLATED, 31), []
    for _ in range(megabytes):
        out.append(compressor.compress(inner))
    return b"".join(out) + compressor.flush()


def archive(*names, size=10, kind=tarfile.REGTYPE, link=""):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        for name in names:
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, link
            info.size = size if kind == tarfile.REGTYPE else 0
            tar.addfile(info, io.BytesIO(b"#" * info.size))
    return out.getvalue()


NAMES = [
    "../evil.tf", "a/../../evil.tf", "/tmp/evil.tf", "a/../../../../../../tmp/evil.tf", "..", ".", "", "/", "a//b.tf", "./../b.tf", "a/./b.tf",
    "a\0b.tf", "a\nb.tf", "x" * 300 + ".tf", "/".join(["d"] * 600) + "/x.tf", ".terraform/x", ".terraform/providers/x",
    "terraform.tfstate", "\u202e.tf/..", "a/..", "main.tf/", "~/x.tf/../..", "%2e%2e/evil.tf/..",
]  # fmt: skip


async def bombs(count=12):
    """Archives that swell a thousandfold, at once."""
    header = tarfile.TarInfo("main.tf")
    header.size = 1 << 33
    bodies = {
        "zeros": bomb(1024),
        "a tar of one file": bomb(512, header.tobuf() + b" " * ((1 << 20) - 512)),
        "many files": archive(*(f"f{number}.tf" for number in range(20_100)), size=0),
        "gzip in gzip": gzip.compress(bomb(2048)),
        "a zip": b"PK\x03\x04" + bomb(64),
        "many members": gzip.compress(b"\0" * (1 << 20)) * 800,
    }

    async def one(name, body):
        status, text = await send(post(b"/api/deploy?projectId=bomb", len(body), b"application/gzip"), body)
        refused(name, status, text)

    tasks = [item for item in bodies.items() for _ in range(max(1, count // len(bodies)))]
    await asyncio.gather(*(one(*task) for task in tasks))
    return f"{len(tasks)} archives at once, {len(bodies)} kinds"


async def traversal():
    """Names that lead out of the folder, in archives and in JSON."""
    for name in NAMES:
        body = json.dumps({"projectId": "out", "iacCode": {"main.tf": "", name: "x"}}).encode()
        status, text = await send(post(b"/api/deploy", len(body)), body)
        refused(f"JSON with {name[:40]!r}", status, text)
    for name in NAMES:
        if name.strip("./") == "" or "\0" in name or "/./" in name or "//" in name or name.endswith("/"):
            # tar writes them as folders, or another way.
            continue
        body = archive("main.tf", name)
        status, text = await send(post(b"/api/deploy?projectId=out", len(body), b"application/gzip"), body)
        refused(f"an archive with {name[:40]!r}", status, text)
    for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE):
        for link in ("/etc/passwd", "../../etc/passwd", "a/../../..", "/proc/self/environ"):
            body = archive("main.tf", "data.txt", size=0, kind=kind, link=link)
            status, text = await send(post(b"/api/deploy?projectId=out", len(body), b"application/gzip"), body)
            refused(f"a link to {link}", status, text)
    for path in ("/../../etc/passwd", "/api/../../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/api/state/..%2f..%2fetc", "//etc/passwd", "/api/state/%00"):
        status, text = await send(b"GET " + path.encode() + b" HTTP/1.1\r\nHost: " + HOST + b"\r\n" + AUTHORIZATION + b"\r\n")
        refused(path, status, text)
    return f"{len(NAMES)} names"


async def large_bodies(count=16):
    """Bodies at the limit and far over it, at once, and JSON that is deep or wide."""
    full = b'{"projectId":"large","iacCode":{"../x":"' + b"x" * ((16 << 20) - 100) + b'"}}'
    bodies = [
        ("at the limit", b"/api/deploy", full),
        ("over the limit", b"/api/deploy", b" " * (17 << 20)),
        ("deep", b"/api/deploy", b'{"a":' * 500_000),
        ("deep lists", b"/api/deploy", b"[" * 4_000_000),
        ("wide", b"/api/deploy", b'{"iacCode":{' + b",".join(b'"%d":""' % number for number in range(600_000)) + b"}}"),
        ("numbers", b"/api/deploy", b"[" + b"1," * 4_000_000 + b"1]"),
        ("no state", b"/api/state/large", b"[" + b"1," * 20_000_000 + b"1]"),
        ("a small route", b"/api/tokens", b" " * (2 << 20)),
    ]

    async def one(name, path, body):
        status, text = await send(post(path, len(body)), body)
        if status is not None:
            refused(name, status, text)

    tasks = [item for item in bodies for _ in range(max(1, count // len(bodies)))]
    await asyncio.gather(*(one(*task) for task in tasks))
    return f"{len(tasks)} bodies at once"


# One group after the other; what is in a group comes at once.
SCENES = [
    [smuggling, large_headers, bad_frames, traversal],
    [bombs],
    [large_bodies],
    [resets],
    [half_open, slow_readers, slow_headers, slow_bodies],
]


# The other client, and the server's memory


class Watch:
    def __init__(self, pid):
        self.pid = pid
        self.slowest = self.largest = 0.0
        self.count = 0
        self.failures = []

    def memory(self):
        with open(f"/proc/{self.pid}/status") as file:
            facts = dict(line.split(":", 1) for line in file)
        return int(facts["VmRSS"].split()[0]) / 1024

    async def run(self):
        while True:
            begin = time.monotonic()
            self.largest = max(self.largest, self.memory())
            try:
                reader, writer = await asyncio.wait_for(asyncio.open_connection(URL.hostname, URL.port), 5)
                writer.write(b"GET /healthz HTTP/1.1\r\nHost: " + HOST + b"\r\nConnection: close\r\n\r\n")
                status = await answer(reader, 5)
                writer.close()
                if status != 200:
                    self.failures.append(f"{status}")
            except LOST as error:
                self.failures.append(repr(error))
            self.count += 1
            self.slowest = max(self.slowest, time.monotonic() - begin)
            await asyncio.sleep(0.05)


def watch(pid, pipe):
    """In a process of its own, whose clock nobody else's work holds up."""

    async def run():
        watch = Watch(pid)
        task = asyncio.create_task(watch.run())
        loop = asyncio.get_running_loop()
        while await loop.run_in_executor(None, pipe.recv) == "how":
            pipe.send((watch.count, watch.slowest, watch.largest, watch.memory(), watch.failures[:5]))
            watch.count, watch.slowest, watch.largest, watch.failures = 0, 0.0, 0.0, []
        task.cancel()

    asyncio.run(run())


async def main(pid, limit, names):
    import multiprocessing

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    here, there = multiprocessing.Pipe()
    other = multiprocessing.Process(target=watch, args=(pid, there), daemon=True)
    other.start()
    faults = 0
    for group in SCENES:
        group = [scene for scene in group if not names or scene.__name__ in names]
        if not group:
            continue
        begin = time.monotonic()
        wrong = []
        outcomes = await asyncio.gather(*(asyncio.wait_for(scene(), 120) for scene in group), return_exceptions=True)
        for scene, outcome in zip(group, outcomes):
            print(f"{scene.__name__}: {outcome!r}" if isinstance(outcome, Exception) else f"{scene.__name__}: {outcome}")
        wrong += ["" for outcome in outcomes if isinstance(outcome, Exception)]
        here.send("how")
        count, slowest, largest, now, failures = here.recv()
        if slowest > 1:
            wrong.append(f"/healthz took {slowest:.2f} s")
        if largest > limit:
            wrong.append(f"{largest:.0f} MB are more than {limit:.0f}")
        if failures:
            wrong.append(f"/healthz failed: {failures}")
        faults += len(wrong)
        print(
            f"    {time.monotonic() - begin:.1f} s; {count} × /healthz, the slowest {slowest * 1000:.0f} ms;"
            f" {largest:.0f} MB at most, {now:.0f} MB now {' '.join(('— FAULT ' + text) if text else '' for text in wrong)}".rstrip(),
            flush=True,
        )
    here.send("end")
    other.join(5)
    if faults:
        sys.exit(f"{faults} faults")
    print("the server is well")


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), float(sys.argv[2]), sys.argv[3:]))
