#!/usr/bin/python3
# Stands in for a provider (version 5.1.0): has a schema without anything in it, and answers whatever it is asked with that.
import os, socket, struct, sys, tempfile

path = os.path.join(tempfile.mkdtemp(), "socket")
listener = socket.socket(socket.AF_UNIX)
listener.bind(path)
listener.listen(1)
print(f"1|5|unix|{path}|grpc|", flush=True)
connection, _ = listener.accept()
stream = connection.makefile("rb")


def send(kind, flags, number, payload=b""):
    connection.sendall(struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", number) + payload)


def text(value):
    return bytes([len(value)]) + value.encode()


# GetProviderSchema.Response { provider = Schema { block = Block {} } }
answer = b"\x0a\x02\x12\x00"
stream.read(24)
send(4, 0, 0)
while head := stream.read(9):
    payload = stream.read(int.from_bytes(head[:3], "big"))
    kind, flags, number = head[3], head[4], int.from_bytes(head[5:], "big")
    if kind == 4 and not flags & 1:
        send(4, 1, 0)
    if kind == 6 and not flags & 1:
        send(6, 1, 0, payload)
    if kind in (0, 1) and flags & 1:
        send(1, 4, number, b"\x88\x0f\x10" + text("application/grpc"))
        send(0, 0, number, b"\x00" + struct.pack(">I", len(answer)) + answer)
        send(1, 5, number, b"\x00" + text("grpc-status") + text("0"))
