"""The whole of detection on made-up machines."""

from __future__ import annotations

import itertools

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.hardware import apple, nvidia
from advisor.hardware.detect import detect
from advisor.hardware.probe import Answer
from advisor.hardware.schema import Machine

RAM = 24683656 * 1024
GIB = 1 << 30


def test_machine_without_gpu(linux_with):
    machine = linux_with()
    assert machine == Machine(
        name="this machine",
        basis="detected",
        ram_bytes=RAM,
        cpu_name="Intel(R) Xeon(R) Processor",
        cpu_threads=8,
        os="linux",
    )


def test_nothing_can_be_read(probe_of):
    machine = detect(probe_of(threads=None))
    assert msgspec.to_builtins(machine) == {
        "name": "this machine",
        "basis": "detected",
        "os": "linux",
        "notes": ("total RAM could not be read",),
    }


def test_two_nvidia_gpus(linux_with, recorded):
    machine = linux_with(tools={"nvidia-smi": recorded("nvidia-smi-two.csv")})
    assert machine.vram_bytes == (24576 + 32607) << 20
    assert (machine.devices, machine.unified, machine.notes) == (2, False, ())
    assert [g.driver for g in machine.gpus] == ["550.90.07", "570.86.15"]
    assert machine.vram_bandwidth is None


def test_gb10_shares_the_machines_ram(linux_with, recorded):
    machine = linux_with(
        files={"/proc/cpuinfo": recorded("cpuinfo-arm.txt")},
        tools={"nvidia-smi": recorded("nvidia-smi-gb10.csv")},
    )
    assert machine.unified
    assert machine.gpus[0].vram_bytes is None
    assert machine.vram_bytes == machine.ram_bytes == RAM
    assert machine.devices == 1
    assert machine.cpu_name is None
    assert "share one pool" in machine.notes[0]


def test_a_card_beside_a_unified_one_counts_alone(linux_with):
    text = "NVIDIA GB10, [N/A], 580.126.09\nNVIDIA L4, 23034, 580.126.09\n"
    machine = linux_with(tools={"nvidia-smi": text})
    assert not machine.unified
    assert machine.vram_bytes == 23034 << 20
    assert machine.devices == 1
    assert any("sum over the GPUs" in note for note in machine.notes)


def test_unknown_vram_is_not_zero(linux_with, recorded):
    machine = linux_with(tools={"nvidia-smi": recorded("nvidia-smi-permission.csv")})
    assert [g.vram_bytes for g in machine.gpus] == [None, 81920 << 20]
    assert machine.gpus[1].driver is None
    assert machine.vram_bytes == 81920 << 20
    assert "the VRAM of NVIDIA A100-SXM4-80GB is unknown" in machine.notes


@pytest.mark.parametrize(
    "answer, told",
    [
        (Answer("", "did not answer within 2 s"), "nvidia-smi did not answer within 2 s"),
        (Answer("", "could not be started: Permission denied"), "Permission denied"),
        (Answer("\0\xff{]\n", None), "printed nothing that could be read"),
        (Answer("", None), "printed nothing that could be read"),
        (Answer("No devices were found\n", "ended with status 6"), "finds no device"),
    ],
)
def test_a_failing_tool_becomes_a_note(linux_with, answer, told):
    machine = linux_with(tools={"nvidia-smi": answer})
    assert machine.vram_bytes is None
    assert machine.gpus == ()
    assert len(machine.notes) == 1
    assert told in machine.notes[0]


@pytest.mark.parametrize("name", ["nvidia-smi-failed.txt", "nvidia-smi-mismatch.txt"])
def test_error_texts_are_no_gpus(linux_with, recorded, name):
    answer = Answer(recorded(name), "ended with status 9")
    machine = linux_with(tools={"nvidia-smi": answer})
    assert machine.gpus == ()
    assert "status 9" in machine.notes[0]


def test_failed_rocm_smi_falls_back_to_the_kernel(linux_with):
    files = {
        "/sys/class/drm/card0/device/vendor": "0x1002\n",
        "/sys/class/drm/card0/device/mem_info_vram_total": "25753026560\n",
        "/sys/class/drm/card0/device/product_name": "",
    }
    machine = linux_with(files, {"rocm-smi": Answer("", "did not answer within 2 s")})
    assert machine.vram_bytes == 25753026560
    assert machine.gpus[0].name == "AMD GPU"
    assert "rocm-smi did not answer" in machine.notes[0]


def test_an_answering_tool_is_not_doubled_by_the_kernel(linux_with, recorded):
    files = {f"/sys/class/drm/card{n}/device/vendor": vendor for n, vendor in enumerate(["0x10de", "0x1002", "0x8086"])}
    machine = linux_with(
        files,
        {
            "nvidia-smi": recorded("nvidia-smi-t4.csv"),
            "rocm-smi": recorded("rocm-smi-apu.json"),
            "xpu-smi": recorded("xpu-smi-discovery.json"),
        },
    )
    assert [g.vendor for g in machine.gpus] == ["nvidia", "amd", "intel"]
    assert machine.vram_bytes == (15360 << 20) + 25753026560 + 17102532608
    assert machine.devices == 3
    assert len(machine.notes) == 2
    assert all("integrated" in note for note in machine.notes)


def test_nvidia_without_its_tool(linux_with):
    machine = linux_with({"/sys/class/drm/card1/device/vendor": "0x10de\n"})
    assert machine.gpus[0].vendor == "nvidia"
    assert machine.vram_bytes is None
    assert machine.notes == ("there is an NVIDIA GPU but no nvidia-smi: its VRAM is unknown",)


def test_connectors_and_other_vendors_are_no_gpus(linux_with):
    machine = linux_with(
        {
            "/sys/class/drm/card0-HDMI-A-1/device/vendor": "0x1002",
            "/sys/class/drm/renderD128/device/vendor": "0x1002",
            "/sys/class/drm/card0/device/vendor": "0x1a03\n",
            "/sys/class/drm/version": "drm 1.1.0",
        }
    )
    assert machine.gpus == ()
    assert machine.notes == ()


def test_intel_as_the_kernel_shows_it(linux_with):
    machine = linux_with(
        {
            "/sys/class/drm/card0/device/vendor": "0x8086\n",
            "/sys/class/drm/card0/device/uevent": "DRIVER=i915\nPCI_SLOT_NAME=0000:00:02.0\n",
            "/sys/class/drm/card1/device/vendor": "0x8086\n",
            "/sys/class/drm/card1/device/uevent": "DRIVER=i915\nPCI_SLOT_NAME=0000:03:00.0\n",
            "/sys/class/drm/card1/lmem_total_bytes": "17079205888\n",
            "/sys/class/drm/card2/device/vendor": "0x8086\n",
            "/sys/class/drm/card2/device/uevent": "DRIVER=xe\nPCI_SLOT_NAME=0000:04:00.0\n",
        }
    )
    assert [g.vram_bytes for g in machine.gpus] == [17079205888, None]
    assert machine.notes == (
        "VRAM is the sum over the GPUs whose memory is known",
        "Intel GPU is integrated and shares the machine's RAM; it adds no VRAM",
        "the VRAM of Intel GPU is unknown",
    )


def test_wsl_says_so(linux_with):
    machine = linux_with({"/proc/sys/kernel/osrelease": "6.6.87.2-microsoft-standard-WSL2\n"})
    assert machine.os == "linux (WSL)"
    assert ".wslconfig" in machine.notes[0]


def test_container_limit(linux_with):
    machine = linux_with({"/sys/fs/cgroup/memory.max": f"{8 * GIB}\n"})
    assert machine.ram_bytes == 8 * GIB
    assert machine.notes == ("RAM is the container's limit; the host has 23.5 GiB",)


def test_container_limit_without_meminfo(probe_of):
    machine = detect(probe_of(files={"/sys/fs/cgroup/memory.max": f"{GIB}\n"}))
    assert machine.ram_bytes == GIB
    assert "unknown amount" in machine.notes[0]


def test_apple_silicon(probe_of, recorded):
    machine = detect(
        probe_of(
            "darwin",
            tools={
                "sysctl": recorded("sysctl-m3-max.txt"),
                "system_profiler": recorded("system-profiler-m3-max.json"),
            },
        )
    )
    assert machine.unified
    assert machine.ram_bytes == machine.vram_bytes == 128 * GIB
    assert (machine.cpu_name, machine.os, machine.devices) == ("Apple M3 Max", "macos", 1)
    assert machine.gpus[0].vendor == "apple"
    assert machine.notes == ("Apple M3 Max (40 GPU cores): CPU and GPU share one pool of memory",)


@pytest.mark.parametrize("displays", [None, Answer("", "did not answer within 2 s"), "{}", "[]"])
def test_apple_silicon_without_system_profiler(probe_of, recorded, displays):
    tools = {"sysctl": recorded("sysctl-m3-max.txt")}
    if displays is not None:
        tools["system_profiler"] = displays
    machine = detect(probe_of("darwin", tools=tools))
    assert machine.unified
    assert machine.vram_bytes == 128 * GIB
    assert machine.gpus[0].name == "Apple M3 Max"
    assert len(machine.notes) == (displays is not None)


def test_intel_mac(probe_of, recorded):
    machine = detect(
        probe_of(
            "darwin",
            tools={
                "sysctl": recorded("sysctl-intel-mac.txt"),
                "system_profiler": recorded("system-profiler-intel-mac.json"),
            },
        )
    )
    assert not machine.unified
    assert machine.ram_bytes == 16 * GIB
    assert machine.vram_bytes == 4 * GIB
    assert [g.vendor for g in machine.gpus] == ["amd"]


def test_mac_that_tells_nothing(probe_of):
    machine = detect(probe_of("darwin"))
    assert machine.ram_bytes is None
    assert machine.vram_bytes is None
    assert not machine.unified


def test_windows(probe_of, recorded):
    probe = probe_of(
        "win32",
        tools={"nvidia-smi": recorded("nvidia-smi-t4.csv").replace("\n", "\r\n")},
        native_memory=64 * GIB,
        native_cpu_name="AMD Ryzen 9 9950X",
    )
    machine = detect(probe)
    assert machine.ram_bytes == 64 * GIB
    assert machine.vram_bytes == 15360 << 20
    assert machine.gpus[0].driver == "580.95.05"
    assert machine.cpu_name == "AMD Ryzen 9 9950X"
    assert (machine.os, machine.notes) == ("windows", ())


def test_windows_without_nvidia_says_what_is_not_looked_for(probe_of):
    machine = detect(probe_of("win32", native_memory=GIB))
    assert machine.notes == ("on Windows only NVIDIA GPUs are detected; state others with --vram",)


def test_each_platform_asks_only_its_own_tools(probe_of):
    asked = {}
    for platform in ("linux", "darwin", "win32"):
        probe = probe_of(platform)
        detect(probe)
        asked[platform] = {command.split()[0] for command in probe.commands}
    assert asked == {
        "linux": {"nvidia-smi", "rocm-smi", "xpu-smi"},
        "darwin": {"sysctl", "system_profiler"},
        "win32": {"nvidia-smi"},
    }


def test_this_machine_is_detected_without_an_exception():
    machine = detect()
    assert machine.basis == "detected"
    assert msgspec.convert(msgspec.to_builtins(machine), Machine) == machine


_TOOLS = ["nvidia-smi", "rocm-smi", "xpu-smi", "sysctl", "system_profiler"]
_GARBAGE = st.one_of(
    st.text(max_size=50),
    st.sampled_from(
        [
            '{"card0": 1, "card1": {"Card Series": [], "VRAM Total Memory (B)": -1}}',
            '{"card0": {"VRAM Total Memory (B)": "' + "9" * 400 + '"}, "system": []}',
            '{"device_list": 3}',
            '{"device_list": [null, {"device_name": 1}, {"device_name": "x", "device_id": true}]}',
            '{"SPDisplaysDataType": {}}',
            '{"SPDisplaysDataType": [0,{"_name": ""},{"_name": "x", "spdisplays_vram": "0 MB"}]}',
            "a, 1, b\n, 5, c\nd, 0, e\nf, [N/A], \n",
            "hw.memsize: -5\nhw.memsize:\n:\n",
        ]
    ),
)


@given(
    platform=st.sampled_from(["linux", "darwin", "win32", "freebsd14"]),
    tools=st.dictionaries(st.sampled_from(_TOOLS), _GARBAGE),
    files=st.dictionaries(
        st.sampled_from(
            [
                "/proc/meminfo",
                "/proc/cpuinfo",
                "/proc/self/cgroup",
                "/sys/fs/cgroup/memory.max",
                "/sys/class/drm/card0/device/vendor",
                "/sys/class/drm/card0/device/mem_info_vram_total",
                "/sys/class/drm/card0/device/uevent",
                "/proc/device-tree/model",
            ]
        ),
        st.one_of(
            st.text(max_size=50),
            st.sampled_from(["0x1002", "0x8086", "MemTotal: 0 kB", "0::/../.."]),
        ),
    ),
)
def test_garbage_never_raises_and_never_becomes_zero(probe_of, platform, tools, files):
    machine = detect(probe_of(platform, files, tools))
    assert msgspec.convert(msgspec.to_builtins(machine), Machine) == machine


def test_commands_are_those_that_were_recorded():
    assert " ".join(nvidia.COMMAND) == (
        "nvidia-smi --query-gpu=name,memory.total,driver_version --format=csv,noheader,nounits"
    )
    assert apple.DISPLAYS[1:] == ("SPDisplaysDataType", "-json")


def test_order_of_tools_does_not_change_the_sum(linux_with, recorded):
    texts = {
        "nvidia-smi": recorded("nvidia-smi-two.csv"),
        "rocm-smi": recorded("rocm-smi-6.json"),
    }
    seen = {linux_with(tools=dict(order)).vram_bytes for order in itertools.permutations(texts.items())}
    assert len(seen) == 1
