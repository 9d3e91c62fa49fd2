"""Makes the reference files of this folder with NumPy and safetensors: python3 make.py
The files are committed; run it again only when a case is added."""
import json
import os
import struct
import sys

import numpy as np
from safetensors.numpy import save, save_file

here = os.path.dirname(os.path.abspath(__file__))


def steps(dtype, shape, first, step):
    count = int(np.prod(shape, dtype=np.int64))
    return (first + step * np.arange(count)).astype(dtype).reshape(shape)


def kinds():
    return {
        "b1": np.array([[True, False, True], [False, False, True]]),
        "u1": steps("u1", (2, 3), 5, 50),
        "i1": steps("<i1", (2, 3), -128, 50),
        "i2": steps("<i2", (2, 3), -32768, 13000),
        "u2": steps("<u2", (2, 3), 0, 13000),
        "i4": steps("<i4", (2, 3), -2**31, 8 * 10**8),
        "u4": steps("<u4", (2, 3), 0, 8 * 10**8),
        "i8": steps("<i8", (2, 3), -2**62, 2**60),
        "f2": steps("<f2", (2, 3), -1, 0.25),
        "f4": steps("<f4", (2, 3), -1, 0.25),
        "f8": steps("<f8", (2, 3), -1, 0.25),
        "scalar": np.array(2.5),
        "empty": np.zeros((0, 3), "<f4"),
        "deep": steps("<f4", (1, 2, 1, 2, 1, 2, 1, 2), 0, 1),
    }


def orders():
    return {
        "big_i2": steps(">i2", (2, 3), -32768, 13000),
        "big_u4": steps(">u4", (2, 3), 0, 8 * 10**8),
        "big_i8": steps(">i8", (2, 3), -2**62, 2**60),
        "big_f2": steps(">f2", (2, 3), -1, 0.25),
        "big_f4": steps(">f4", (2, 3), -1, 0.25),
        "big_f8": steps(">f8", (2, 3), -1, 0.25),
        "fortran_f8": np.asfortranarray(steps("<f8", (2, 3, 4), -1, 0.25)),
        "fortran_i2": np.asfortranarray(steps(">i2", (3, 5), -7, 1)),
    }


def as_bfloat16(content, name):
    """NumPy has no bfloat16: it is saved as uint16, and then the header is told what it is."""
    length, = struct.unpack("<Q", content[:8])
    header = json.loads(content[8:8 + length])
    header[name]["dtype"] = "BF16"
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + content[8 + length:]


def main():
    os.chdir(here)
    np.savez("kinds.npz", **kinds())
    np.savez_compressed("deflated.npz", ramp=steps("<f4", (40, 25), -1, 0.25), **kinds())
    np.savez("orders.npz", **orders())
    np.savez("none.npz")
    for version in (2, 3):
        with open(f"version{version}.npy", "wb") as file:
            np.lib.format.write_array(file, steps("<f4", (2, 3), -1, 0.25), version=(version, 0))
    np.save("matrix.npy", steps("<f4", (2, 3), -1, 0.25))
    np.save("vector.npy", steps("<i8", (12,), -3, 1))
    np.save("pixels.npy", steps("u1", (2, 3), 5, 50))
    np.save("flags.npy", kinds()["b1"])
    np.save("scalar.npy", np.array(2.5))
    np.save("empty.npy", np.zeros((0, 3), "<f4"))
    np.save("unsigned64.npy", steps("<u8", (3,), 0, 1))
    np.save("complex.npy", np.zeros(3, "<c16"))
    np.save("record.npy", np.zeros(3, [("a", "<f4"), ("b", "<i8")]))
    np.save("text.npy", np.array(["one", "two"]))
    np.save("nine.npy", np.zeros((1,) * 9, "<f4"))

    # 1, -2.5, infinity, the smallest subnormal; and of float16 the largest subnormal and -0
    bf16 = np.array([0x3F80, 0xC020, 0x7F80, 0x0001], "<u2")
    f16 = np.array([0x3C00, 0xC100, 0x7C00, 0x0001, 0x03FF, 0x8000], "<u2").view("<f2")
    names = {"b1": "BOOL", "u1": "U8", "i1": "I8", "i2": "I16", "u2": "U16", "i4": "I32", "u4": "U32", "i8": "I64",
             "f4": "F32", "f8": "F64", "scalar": "scalar", "empty": "empty", "deep": "deep"}
    entries = {names[name]: array for name, array in kinds().items() if name in names}
    content = save({**entries, "BF16": bf16, "F16": f16}, {"made by": "make.py"})
    with open("kinds.safetensors", "wb") as file:
        file.write(as_bfloat16(content, "BF16"))
    save_file({"w": steps("<f4", (2, 3), -1, 0.25), "b": steps("<f4", (3,), 1, 1), "n": np.array(7),
               "a": steps("u1", (3,), 0, 1), "d": np.array([0.5]), "yes": np.array([True])}, "order.safetensors")
    save_file({}, "none.safetensors")
    save_file({"u": steps("<u8", (3,), 0, 1)}, "unsigned64.safetensors")


sys.exit(main())
