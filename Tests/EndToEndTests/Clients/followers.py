#!/usr/bin/env python3
"""Deploys projects and follows their events by both protocols, whatever happens to the server; needs nothing but Python.

Usage: URL=http://… TOKEN=slp_… followers.py DEPLOYMENTS FOLLOWERS

Half of the followers speak the Pusher protocol, half read server-sent events; half follow the organization, half one deployment each. Whoever loses
the server comes back with the last id that it has seen. At the end everyone must have seen every event of their channel once, in order.
"""
import asyncio
import base64
import json
import os
import struct
import sys
import urllib.parse

URL = urllib.parse.urlsplit(os.environ["URL"])
TOKEN = os.environ["TOKEN"]
LIMIT = 300.0

CODE = """
resource "terraform_data" "part" {
  count = 4
  input = "%s-${count.index}"
}
resource "terraform_data" "slow" {
  provisioner "local-exec" {
    command = "sleep 1"
  }
}
"""


class Gone(Exception):
    """The server is away, or ended the connection."""


async def connect():
    try:
        return await asyncio.wait_for(asyncio.open_connection(URL.hostname, URL.port, limit=1 << 22), 10)
    except (OSError, asyncio.TimeoutError) as error:
        raise Gone(str(error)) from error


async def ask(method, path, body=None, headers=()):
    """One request on a connection of its own: the status and the body."""
    reader, writer = await connect()
    try:
        data = b"" if body is None else json.dumps(body).encode()
        lines = [f"{method} {path} HTTP/1.1", f"Host: {URL.netloc}", f"Authorization: Bearer {TOKEN}", "Connection: close", *headers]
        if body is not None:
            lines += ["Content-Type: application/json", f"Content-Length: {len(data)}"]
        writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + data)
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 60)
        status = int(head.split()[1])
        length = next(int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:"))
        return status, json.loads(await asyncio.wait_for(reader.readexactly(length), 60) or b"null")
    except (OSError, asyncio.IncompleteReadError, asyncio.TimeoutError) as error:
        raise Gone(str(error)) from error
    finally:
        writer.close()


async def insist(method, path, body=None, headers=()):
    """As `ask`, again and again while the server is away or has no time."""
    while True:
        try:
            status, document = await ask(method, path, body, headers)
            if status < 500 and status != 429:
                return status, document
        except Gone:
            pass
        await asyncio.sleep(0.2)


class Follower:
    """Reads one channel, and remembers every position as it came."""

    def __init__(self, channel):
        self.channel = channel
        self.start = None
        self.positions = []
        self.names = []
        self.breaks = 0
        self.refusals = []

    @property
    def last(self):
        return self.positions[-1] if self.positions else self.start

    def saw(self, identity, name):
        channel, position = identity.rsplit(":", 1)
        if channel != self.channel:
            self.refusals.append(f"an event of {channel}")
        self.positions.append(int(position))
        self.names.append(name)

    async def run(self):
        while True:
            try:
                await self.follow()
            except (Gone, OSError, asyncio.IncompleteReadError, asyncio.TimeoutError):
                pass
            self.breaks += 1
            await asyncio.sleep(0.1)


class StreamFollower(Follower):
    async def follow(self):
        reader, writer = await connect()
        try:
            since = "" if self.last is None else f"Last-Event-ID: {self.channel}:{self.last}\r\n"
            writer.write(
                f"GET /api/events?channels={self.channel} HTTP/1.1\r\nHost: {URL.netloc}\r\nAuthorization: Bearer {TOKEN}\r\n{since}\r\n".encode()
            )
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 60)
            if b" 200 " not in head.split(b"\r\n")[0]:
                if b" 50" not in head.split(b"\r\n")[0]:
                    self.refusals.append(head.split(b"\r\n")[0].decode())
                raise Gone(head)
            rest, fields = b"", {}
            while True:
                # A chunk: its length, its bytes, the end of its line.
                length = int(await asyncio.wait_for(reader.readuntil(b"\r\n"), 60), 16)
                if length == 0:
                    raise Gone("the end of the stream")
                rest += (await asyncio.wait_for(reader.readexactly(length + 2), 60))[:-2]
                *lines, rest = rest.split(b"\n")
                for line in lines:
                    if line:
                        name, _, value = line.decode().partition(":")
                        fields[name] = value.strip()
                        continue
                    if "data" in fields:
                        json.loads(fields["data"])
                        self.saw(fields["id"].split(",")[0], fields["event"])
                    elif self.start is None and "id" in fields:
                        self.start = int(fields["id"].rsplit(":", 1)[1])
                    fields = {}
        finally:
            writer.close()


class SocketFollower(Follower):
    async def follow(self):
        reader, writer = await connect()
        try:
            key = base64.b64encode(os.urandom(16)).decode()
            writer.write(
                f"GET /app/slipway?protocol=7 HTTP/1.1\r\nHost: {URL.netloc}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
            )
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 60)
            if b" 101 " not in head.split(b"\r\n")[0]:
                raise Gone(head)
            while True:
                opcode, payload = await self.frame(reader)
                if opcode == 9:
                    self.send(writer, 10, payload)
                elif opcode == 8:
                    raise Gone(payload)
                elif opcode == 1:
                    await self.heard(json.loads(payload), writer)
        finally:
            writer.close()

    async def heard(self, message, writer):
        channel = f"private-{self.channel}"
        event = message["event"]
        if event == "pusher:connection_established":
            socket = json.loads(message["data"])["socket_id"]
            status, answer = await insist("POST", "/broadcasting/auth", {"socket_id": socket, "channel_name": channel})
            if status != 200:
                self.refusals.append(f"{status} {answer}")
                raise Gone(answer)
            data = {"channel": channel, "auth": answer["auth"]}
            if self.last is not None:
                data["since"] = self.last
            self.send(writer, 1, json.dumps({"event": "pusher:subscribe", "data": data}).encode())
        elif event == "pusher_internal:subscription_succeeded":
            if self.start is None:
                data = message["data"]
                self.start = (json.loads(data) if isinstance(data, str) else data)["position"]
        elif event == "pusher:ping":
            self.send(writer, 1, b'{"event":"pusher:pong"}')
        elif event == "pusher:error":
            data = message["data"]
            code = (json.loads(data) if isinstance(data, str) else data).get("code")
            if code not in (4100, 4200):
                self.refusals.append(str(message))
            raise Gone(event)
        elif message.get("channel") == channel:
            self.saw(message["id"], event)

    @staticmethod
    async def frame(reader):
        first, second = await asyncio.wait_for(reader.readexactly(2), 180)
        length = second & 127
        if length == 126:
            (length,) = struct.unpack(">H", await reader.readexactly(2))
        elif length == 127:
            (length,) = struct.unpack(">Q", await reader.readexactly(8))
        return first & 15, await asyncio.wait_for(reader.readexactly(length), 60)

    @staticmethod
    def send(writer, opcode, payload):
        mask = os.urandom(4)
        size = bytes([128 | len(payload)]) if len(payload) < 126 else b"\xfe" + struct.pack(">H", len(payload))
        writer.write(bytes([128 | opcode]) + size + mask + bytes(byte ^ mask[index % 4] for index, byte in enumerate(payload)))


async def deployed(number):
    """Deploys a project with its number, in a request that may be sent twice; gives the job."""
    name = f"project-{number}"
    body = {"projectId": name, "iacCode": CODE % name, "resumeAfterCrash": True}
    status, answer = await insist("POST", "/api/deploy", body, [f"Idempotency-Key: {name}"])
    assert status == 202, f"{name}: {status} {answer}"
    return answer["jobId"]


async def end(job):
    while True:
        status, answer = await insist("GET", f"/api/deploy/status/{job}")
        assert status == 200, f"{job}: {status} {answer}"
        if answer["status"] in ("completed", "failed"):
            return answer
        await asyncio.sleep(0.5)


async def last_position(channel):
    """Where a channel is, as a reader that begins now is told."""
    probe = StreamFollower(channel)
    task = asyncio.create_task(probe.run())
    while probe.start is None:
        await asyncio.sleep(0.02)
    task.cancel()
    return probe.start


async def main(deployments, count):
    # The organization's followers are there before the first event.
    kinds = [SocketFollower, StreamFollower]
    _, me = await insist("GET", "/api/organizations/default")
    organization = f"organization.{me['organization']}.terraform"
    followers = [kinds[index % 2](organization) for index in range(count // 2)]
    tasks = [asyncio.create_task(follower.run()) for follower in followers]
    while any(follower.start is None for follower in followers):
        await asyncio.sleep(0.02)
    print(f"{len(followers)} follow {organization}", flush=True)

    jobs = await asyncio.gather(*(deployed(number) for number in range(deployments)))
    print(f"{len(set(jobs))} jobs accepted", flush=True)
    numbers = [(await insist("GET", f"/api/deployments/project-{number}"))[1]["deployment"] for number in range(deployments)]
    for index in range(count - len(followers)):
        follower = kinds[index % 2](f"deployment.{numbers[index // 2 % deployments]}")
        # These want all that there ever was.
        follower.start = 0
        followers.append(follower)
        tasks.append(asyncio.create_task(follower.run()))

    faults = []
    for job, answer in zip(jobs, await asyncio.gather(*(end(job) for job in jobs))):
        if answer["status"] != "completed":
            faults.append(f"{job}: {answer['status']} {answer.get('error')}")
    print("all jobs are over", flush=True)

    goals = {channel: await last_position(channel) for channel in {follower.channel for follower in followers}}
    deadline = asyncio.get_running_loop().time() + 30
    while any((follower.last or 0) < goals[follower.channel] for follower in followers) and asyncio.get_running_loop().time() < deadline:
        await asyncio.sleep(0.05)
    for task in tasks:
        task.cancel()

    for follower in followers:
        wanted = list(range(follower.start + 1, goals[follower.channel] + 1))
        if follower.positions != wanted:
            missing = sorted(set(wanted) - set(follower.positions))[:5]
            twice = sorted(position for position in set(follower.positions) if follower.positions.count(position) > 1)[:5]
            faults.append(
                f"{type(follower).__name__} of {follower.channel}: {len(follower.positions)} of {len(wanted)} events,"
                f" missing {missing}, twice {twice}, in order {follower.positions == sorted(follower.positions)}"
            )
        if follower.refusals:
            faults.append(f"{type(follower).__name__} of {follower.channel}: {follower.refusals[:3]}")
    first = followers[0]
    if first.names.count("TerraformProvisioningCompleted") != deployments:
        faults.append(f"{first.names.count('TerraformProvisioningCompleted')} of {deployments} said that they were completed")
    seen = sum(len(follower.positions) for follower in followers)
    print(f"{seen} events seen by {len(followers)} followers after {min(f.breaks for f in followers)} to {max(f.breaks for f in followers)} breaks")
    print(f"breaks: {sum(f.breaks for f in followers)}")
    for fault in faults[:20]:
        print(fault)
    if faults:
        sys.exit(f"{len(faults)} faults")
    print("every event once")


if __name__ == "__main__":
    asyncio.run(asyncio.wait_for(main(int(sys.argv[1]), int(sys.argv[2])), LIMIT))
