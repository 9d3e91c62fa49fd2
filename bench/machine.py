"""machine.py - what the figures were measured on."""
import os
import platform
import re
import subprocess
import time


def said(*command):
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return ""


def first(pattern, text, otherwise="not known"):
    found = re.search(pattern, text, re.MULTILINE)
    return " ".join(found.group(1).split()) if found else otherwise


def describe(gradus):
    """Lines (what, how it is here). `gradus`: the command."""
    cpu, memory = said("lscpu"), open("/proc/meminfo").read()
    caches = ", ".join(f"{name} {first(rf'^{name} cache: +(.*)$', cpu)}" for name in ("L1d", "L2", "L3"))
    cores = len(os.sched_getaffinity(0))
    isa = [name for name in ("avx512f", "avx2", "fma") if re.search(rf"\b{name}\b", cpu)]
    return [
        ("date", time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime())),
        ("processor", f"{first(r'^Model name: +(.*)$', cpu, platform.machine())} (family {first(r'^CPU family: +(.*)$', cpu)}, "
                      f"model {first(r'^Model: +(.*)$', cpu)}), {cores} cores, {', '.join(isa)}"),
        ("caches", caches),
        ("memory", f"{int(first(r'^MemTotal: +([0-9]+)', memory, '0')) / 2 ** 20:.0f} GiB"),
        ("system", f"{first(r'^PRETTY_NAME=.(.*).$', open('/etc/os-release').read())}, Linux {platform.release().split('-')[0]}"),
        ("compiler", said("cc", "--version").split("\n")[0]),
        ("Gradus", said(gradus, "--version").strip() or "not known"),
        ("load at the start", f"{os.getloadavg()[0]:.1f}"),
    ]
