"""Files of tensors there and back between Gradus and Python: python3 tests/io/interop.py CONVERT

CONVERT is the program of convert.c. Prints "ok" or "not ok" for each part, and SKIP with the reason where NumPy
or safetensors is missing. GD_TEST_SEED picks other arrays."""
import os
import subprocess
import sys
import tempfile

try:
    import numpy as np
except ImportError as reason:
    print(f"SKIP {reason}")
    sys.exit(0)

try:
    from safetensors import safe_open
    from safetensors.numpy import load_file, save_file
except ImportError as reason:
    print(f"SKIP {reason}")
    load_file = None

failures = []


def check(good, what):
    if not good:
        failures.append(what)


def convert(source, target):
    done = subprocess.run([sys.argv[1], source, target], capture_output=True, text=True)
    check(done.returncode in (0, 1), f"{source}: exit status {done.returncode}")
    return done.returncode == 0, done.stderr.strip()


def must_convert(source, target):
    good, message = convert(source, target)
    check(good, message)
    return good


def widened(array):
    """The array as Gradus keeps it."""
    kind, size = array.dtype.kind, array.dtype.itemsize
    if kind == "i" or (kind == "u" and size > 1):
        return array.astype("<i8")
    return array.astype("<f4") if (kind, size) == ("f", 2) else array.astype(array.dtype.newbyteorder("<"))


def same(got, expected):
    """Equal bit for bit, but for what a NaN is made of."""
    if got.dtype != expected.dtype or got.shape != expected.shape:
        return False
    if expected.dtype.kind != "f":
        return np.array_equal(got, expected)
    signs = np.signbit(got) == np.signbit(expected)
    return np.array_equal(got, expected, equal_nan=True) and bool(np.all(signs | np.isnan(expected)))


def check_arrays(got, expected):
    check(sorted(got) == sorted(expected), f"the names are {sorted(got)}")
    for name in expected:
        check(name in got and same(got[name], widened(expected[name])), f"'{name}' differs")


def load_npz(path):
    with np.load(path) as loaded:
        return {name: loaded[name] for name in loaded.files}


def make_arrays(seed):
    random = np.random.RandomState(seed)
    arrays = {"all halves": np.arange(65536, dtype="<u2").view("<f2").reshape(256, 256),
              "é 'quoted' \"name\"/with\\all": np.array([1.5])}
    for kind in ["?", "u1", "i1", "i2", "u2", "i4", "u4", "i8", "f4", "f8"]:
        for shape in [(), (1,), (7,), (3, 5), (2, 3, 4), (0, 3), (2, 1, 2, 1, 2, 1, 2, 1)]:
            draw = random.randint(0, 256, size=shape + (np.dtype(kind).itemsize,), dtype="u1")
            draw = draw & 1 if kind == "?" else draw
            arrays[f"{kind} {shape}"] = draw.reshape(-1).view(kind).reshape(shape)
    return arrays


def npz_stored(folder, arrays):
    np.savez(f"{folder}/a.npz", **arrays)
    if must_convert(f"{folder}/a.npz", f"{folder}/b.npz"):
        check_arrays(load_npz(f"{folder}/b.npz"), arrays)


def npz_deflated(folder, arrays):
    np.savez_compressed(f"{folder}/a.npz", **arrays)
    if must_convert(f"{folder}/a.npz", f"{folder}/b.npz"):
        check_arrays(load_npz(f"{folder}/b.npz"), arrays)


def npz_big_endian_in_fortran_order(folder, arrays):
    turned = {name: np.array(array, array.dtype.newbyteorder(">"), order="F") for name, array in arrays.items()}
    np.savez(f"{folder}/a.npz", **turned)
    if must_convert(f"{folder}/a.npz", f"{folder}/b.npz"):
        check_arrays(load_npz(f"{folder}/b.npz"), arrays)


def same_files(first, second):
    with open(first, "rb") as one, open(second, "rb") as two:
        return one.read() == two.read()


def npy_byte_for_byte(folder, arrays):
    for name, array in arrays.items():
        np.save(f"{folder}/a.npy", array)
        np.save(f"{folder}/c.npy", widened(array))
        if must_convert(f"{folder}/a.npy", f"{folder}/b.npy"):
            check(same_files(f"{folder}/b.npy", f"{folder}/c.npy"), f"'{name}' has other bytes")


def npz_refused(folder, arrays):
    bad = {"uint64": np.zeros(3, "u8"), "complex": np.zeros(3, "c8"), "object": np.array([1, "a"], object),
           "record": np.zeros(2, [("a", "f4")]), "text": np.array(["a"]), "nine": np.zeros((1,) * 9)}
    for name, array in bad.items():
        np.savez(f"{folder}/a.npz", **{name: array})
        good, message = convert(f"{folder}/a.npz", f"{folder}/refused.npz")
        check(not good and f"a.npz > {name}.npy" in message, f"{name}: {message}")
    check(not os.path.exists(f"{folder}/refused.npz"), "a file was written")


def safetensors_with_notes(folder, arrays):
    notes = {"epoch": "3", "é": "line\nline \"quoted\""}
    save_file(arrays, f"{folder}/a.safetensors", notes)
    if must_convert(f"{folder}/a.safetensors", f"{folder}/b.safetensors"):
        check_arrays(load_file(f"{folder}/b.safetensors"), arrays)
        with safe_open(f"{folder}/b.safetensors", "np") as loaded:
            check(loaded.metadata() == notes, f"the notes are {loaded.metadata()}")


def safetensors_byte_for_byte(folder, arrays):
    save_file({name: widened(array) for name, array in arrays.items()}, f"{folder}/a.safetensors")
    if must_convert(f"{folder}/a.safetensors", f"{folder}/b.safetensors"):
        check(same_files(f"{folder}/a.safetensors", f"{folder}/b.safetensors"), "the bytes are others")


def npz_to_safetensors_and_back(folder, arrays):
    np.savez(f"{folder}/a.npz", **arrays)
    if must_convert(f"{folder}/a.npz", f"{folder}/b.safetensors"):
        check_arrays(load_file(f"{folder}/b.safetensors"), arrays)
    if must_convert(f"{folder}/b.safetensors", f"{folder}/c.npz"):
        check_arrays(load_npz(f"{folder}/c.npz"), arrays)


def main():
    parts = [npz_stored, npz_deflated, npz_big_endian_in_fortran_order, npy_byte_for_byte, npz_refused]
    if load_file:
        parts += [safetensors_with_notes, safetensors_byte_for_byte, npz_to_safetensors_and_back]
    seed = int(os.environ.get("GD_TEST_SEED", "1"))
    print(f"# seed {seed}")
    arrays = make_arrays(seed)
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        for number, part in enumerate(parts, 1):
            failures.clear()
            part(folder, arrays)
            print(f"{'not ok' if failures else 'ok'} {number} - {part.__name__.replace('_', ' ')}")
            for failure in failures:
                print(f"# {failure}")
            failed = failed or bool(failures)
    return int(failed)


if len(sys.argv) != 2:
    sys.exit(__doc__)
sys.exit(main())
