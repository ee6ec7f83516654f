"""Memory, container limits and processor names on Linux."""

from __future__ import annotations

import pytest

from advisor.hardware import linux

GIB = 1 << 30
NO_LIMIT = "9223372036854771712\n"


@pytest.mark.parametrize(
    "text, size",
    [
        ("MemTotal:       24683656 kB\nMemFree: 1 kB\n", 24683656 * 1024),
        ("MemFree: 1 kB\nMemTotal: 8 kB\n", 8192),
        ("MemTotal: 0 kB\n", None),
        ("MemTotal: x kB\n", None),
        ("MemTotal: " + "9" * 5000 + " kB\n", None),
        ("", None),
    ],
)
def test_meminfo(text, size):
    assert linux.parse_meminfo(text) == size


@pytest.mark.parametrize(
    "text, name",
    [
        ("processor\t: 0\nmodel name\t: AMD EPYC 9654\n", "AMD EPYC 9654"),
        ("Processor\t: ARMv7 Processor rev 4 (v7l)\n", "ARMv7 Processor rev 4 (v7l)"),
        ("processor : 0\ncpu\t\t: POWER9, altivec supported\n", "POWER9, altivec supported"),
        ("system type : MIPS\ncpu model : MIPS 74Kc V4.12\n", "MIPS 74Kc V4.12"),
        ("processor : 0\ncpu family : 6\n", None),
        ("model name :   \n", None),
        ("", None),
    ],
)  # fmt: skip
def test_cpuinfo(text, name):
    assert linux.parse_cpuinfo(text) == name


def test_arm_board_is_named_by_its_device_tree(probe_of, recorded):
    files = {
        "/proc/cpuinfo": recorded("cpuinfo-arm.txt"),
        "/proc/device-tree/model": "Raspberry Pi 5 Model B Rev 1.0\0",
    }
    assert linux.cpu_name(probe_of(files=files)) == "Raspberry Pi 5 Model B Rev 1.0"


def test_limit_files_of_version_2(recorded):
    files = linux.cgroup_limit_files(recorded("cgroup-v2.txt"))
    assert "/sys/fs/cgroup/memory.max" in files
    assert "/sys/fs/cgroup/user.slice/memory.max" in files
    deepest = "user.slice/user-1000.slice/user@1000.service/app.slice/job.scope"
    assert files[-1] == f"/sys/fs/cgroup/{deepest}/memory.max"


def test_limit_files_of_version_1(recorded):
    files = linux.cgroup_limit_files(recorded("cgroup-v1-hybrid.txt"))
    assert "/sys/fs/cgroup/memory/docker/0123abcd/memory.limit_in_bytes" in files
    assert "/sys/fs/cgroup/memory/docker/memory.limit_in_bytes" in files


def test_limit_files_stay_below_the_mount():
    files = linux.cgroup_limit_files("0::/../../x\nrubbish\n1:cpu,memory:/a\n")
    assert not any(".." in path for path in files)
    assert "/sys/fs/cgroup/memory/a/memory.limit_in_bytes" in files


@pytest.mark.parametrize(
    "files, limit",
    [
        ({}, None),
        ({"/sys/fs/cgroup/memory.max": "max\n"}, None),
        ({"/sys/fs/cgroup/memory/memory.limit_in_bytes": NO_LIMIT}, None),
        ({"/sys/fs/cgroup/memory.max": f"{64 * GIB}\n"}, None),
        ({"/sys/fs/cgroup/memory.max": f"{2 * GIB}\n"}, 2 * GIB),
        ({"/sys/fs/cgroup/memory/docker/memory.limit_in_bytes": f"{3 * GIB}\n"}, 3 * GIB),
        (
            {
                "/sys/fs/cgroup/memory/docker/memory.limit_in_bytes": f"{GIB}\n",
                "/sys/fs/cgroup/memory/docker/0123abcd/memory.limit_in_bytes": f"{3 * GIB}\n",
            },
            GIB,
        ),
        ({"/sys/fs/cgroup/memory.max": "garbage"}, None),
    ],
)
def test_lowest_limit_counts(probe_of, recorded, files, limit):
    base = {
        "/proc/meminfo": f"MemTotal: {16 * GIB // 1024} kB\n",
        "/proc/self/cgroup": recorded("cgroup-v1-hybrid.txt"),
    }
    assert linux.memory(probe_of(files={**base, **files})) == (16 * GIB, limit)
