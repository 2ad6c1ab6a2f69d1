"""Small ICC profiles of version 2, whose colours differ from those of sRGB at a glance."""

from __future__ import annotations

import itertools
import struct

_D50 = (0.9642, 1.0, 0.8249)


def _fixed(*values: float) -> bytes:
    return b"".join(struct.pack(">i", round(value * 65536)) for value in values)


def _xyz(*values: float) -> bytes:
    return b"XYZ \0\0\0\0" + _fixed(*values)


def _gamma(value: float) -> bytes:
    return b"curv\0\0\0\0" + struct.pack(">IH", 1, round(value * 256))


def _description(text: bytes) -> bytes:
    return b"desc\0\0\0\0" + struct.pack(">I", len(text) + 1) + text + b"\0" + bytes(78)


def _profile(device: bytes, space: bytes, connection: bytes, tags: dict[bytes, bytes]) -> bytes:
    tags = {
        b"desc": _description(b"a test"),
        b"cprt": b"text\0\0\0\0none\0",
        b"wtpt": _xyz(*_D50),
        **tags,
    }
    table, content = struct.pack(">I", len(tags)), b""
    start = 128 + 4 + 12 * len(tags)
    for name, tag in tags.items():
        table += name + struct.pack(">II", start + len(content), len(tag))
        content += tag + bytes(-len(tag) % 4)
    header = struct.pack(">I", start + len(content)) + bytes(4) + b"\x02\x40\0\0"
    header += device + space + connection + bytes(12) + b"acsp" + bytes(28) + _fixed(*_D50)
    return header + bytes(128 - len(header)) + table + content


def rgb_profile() -> bytes:
    """Return a profile with the primaries of a wide gamut, and a gamma of 1.8."""
    return _profile(
        b"mntr",
        b"RGB ",
        b"XYZ ",
        {
            b"rXYZ": _xyz(0.7977, 0.2880, 0.0),
            b"gXYZ": _xyz(0.1352, 0.7119, 0.0),
            b"bXYZ": _xyz(0.0313, 0.0001, 0.8249),
            **{name: _gamma(1.8) for name in (b"rTRC", b"gTRC", b"bTRC")},
        },
    )


def grey_profile() -> bytes:
    """Return a profile of grey with a gamma of 1.4."""
    return _profile(b"mntr", b"GRAY", b"XYZ ", {b"kTRC": _gamma(1.4)})


def cmyk_profile() -> bytes:
    """Return a profile of inks of which yellow is green, and black dark red."""
    ramp = bytes(range(256))
    table = b""
    for cyan, magenta, yellow, black in itertools.product((0, 1), repeat=4):
        light = (100 - 30 * cyan - 25 * magenta - 15 * yellow) * (0.2 if black else 1.0)
        red, warm = 128 + 40 * magenta - 50 * yellow - 20 * cyan + 20 * black, 128 - 40 * cyan
        table += bytes([round(light * 2.55), min(max(red, 0), 255), warm])
    lut = b"mft1\0\0\0\0" + bytes([4, 3, 2, 0]) + _fixed(1, 0, 0, 0, 1, 0, 0, 0, 1)
    return _profile(b"prtr", b"CMYK", b"Lab ", {b"A2B0": lut + ramp * 4 + table + ramp * 3})
