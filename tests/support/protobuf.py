"""Messages of Protocol Buffers, byte by byte, and what is left of them when they are damaged."""

from __future__ import annotations

from hypothesis import strategies as st


def varint(number: int) -> bytes:
    """A whole number of Protocol Buffers, by its definition: groups of seven bits, lowest first."""
    groups = []
    while True:
        groups.append(number & 0x7F)
        number >>= 7
        if not number:
            break
    return bytes([group | 0x80 for group in groups[:-1]] + groups[-1:])


def field(number: int, value: int | bytes | str) -> bytes:
    """A field: a number, or a message."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    content = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(content)) + content


def tensor(name: str, dims: tuple[int, ...], *rest: bytes, kind: int = 1) -> bytes:
    sides = b"".join(field(1, side) for side in dims)
    return field(5, sides + field(2, kind) + field(8, name) + b"".join(rest))


def model(*parts: bytes) -> bytes:
    return field(7, b"".join(parts))


def mutated(content: bytes, data: st.DataObject) -> bytes:
    """A file of which bytes are changed, left out and cut off, most of them before the weights."""
    changed = bytearray(content)
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(changed)) | st.integers(0, 400))
        change = data.draw(st.sampled_from(["set", "flip", "delete", "cut", "insert"]))
        if change == "set":
            changed[place : place + 1] = data.draw(st.binary(min_size=1, max_size=1))
        elif change == "flip":
            if place < len(changed):
                changed[place] ^= 1 << data.draw(st.integers(0, 7))
        elif change == "delete":
            del changed[place : place + data.draw(st.integers(1, 9))]
        elif change == "insert":
            changed[place:place] = data.draw(st.binary(min_size=1, max_size=9))
        else:
            del changed[place:]
    return bytes(changed)
