"""Reading the output of each vendor's tool: text in, records out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.hardware import amd, apple, intel, nvidia
from advisor.hardware.findings import json_inside, positive, text_of
from advisor.hardware.probe import Answer

MIB = 1 << 20
GIB = 1 << 30


@pytest.mark.parametrize(
    "line, name, vram, driver",
    [
        ("Tesla T4, 15360, 580.95.05", "Tesla T4", 15360 * MIB, "580.95.05"),
        ("Tesla T4, 15360 MiB, 580.95.05", "Tesla T4", 15360 * MIB, "580.95.05"),
        ("NVIDIA GB10, [N/A], 580.126.09", "NVIDIA GB10", None, "580.126.09"),
        ("Orin (nvgpu), [Not Supported], [N/A]", "Orin (nvgpu)", None, None),
        ("Vendor, Model X, 50, 1.2", "Vendor, Model X", 50 * MIB, "1.2"),
        ("GPU, 0, 1", "GPU", None, "1"),
        ("  A ,  24564 ,  566.36\r", "A", 24564 * MIB, "566.36"),
    ],
)
def test_nvidia_rows(line, name, vram, driver):
    (gpu,) = nvidia.parse_smi(line + "\n")
    assert (gpu.name, gpu.vram_bytes, gpu.driver) == (name, vram, driver)


@pytest.mark.parametrize(
    "text",
    ["", "\n\n", "a, b, c", "only one", "x, 5", ", 1024, 1.0", "name, memory.total [MiB], driver"],
)
def test_lines_that_are_no_gpus(text):
    assert nvidia.parse_smi(text) == ()


@given(st.integers(1, 1 << 20), st.text("ABC xyz0123", min_size=1).filter(str.strip))
def test_nvidia_sizes_are_mebibytes(mebibytes, name):
    (gpu,) = nvidia.parse_smi(f"{name}, {mebibytes}, 1.0")
    assert gpu.vram_bytes == mebibytes * MIB


def test_rocm_6_between_warnings(recorded):
    cards = amd.parse_rocm_smi(recorded("rocm-smi-6.json"))
    assert [c.gpu.name for c in cards] == ["AMD Instinct MI300X", "Radeon RX 7900 XTX"]
    assert [c.gpu.vram_bytes for c in cards] == [206141652992, 25753026560]
    assert {c.gpu.driver for c in cards} == {"6.10.5"}
    assert not any(c.integrated for c in cards)


def test_rocm_5_keys_numbers_for_names_and_order(recorded):
    cards = amd.parse_rocm_smi(recorded("rocm-smi-5.json"))
    assert [c.gpu.name for c in cards] == ["AMD GPU", "Instinct MI210", "Instinct MI210"]
    assert [c.gpu.vram_bytes for c in cards] == [68702699520, None, 68702699520]
    found = amd.weigh(cards)
    assert len(found.gpus) == 3
    assert found.notes == ("the VRAM of Instinct MI210 is unknown",)


def test_integrated_amd_adds_nothing(recorded):
    found = amd.weigh(amd.parse_rocm_smi(recorded("rocm-smi-apu.json")))
    assert [g.name for g in found.gpus] == ["Radeon RX 7900 XTX"]
    assert "AMD Radeon Graphics is integrated" in found.notes[0]


@pytest.mark.parametrize(
    "name, chip, integrated",
    [
        ("AMD Radeon 780M", None, True),
        ("AMD Radeon 8060S", "gfx1151", True),
        ("AMD Ryzen 9 9950X3D 16-Core Processor", "gfx1036", True),
        (None, "gfx90c", True),
        ("Radeon RX 7600", "gfx1102", False),
        ("Radeon RX 6600M", None, False),
        ("AMD Instinct MI210", "gfx90a", False),
        (None, None, True),
    ],
)
def test_which_amd_gpus_are_integrated(name, chip, integrated):
    assert amd.Card(name, GIB, chip, None).integrated is integrated


def test_a_large_part_of_ram_set_aside_counts():
    found = amd.weigh((amd.Card("AMD Radeon 8060S", 96 * GIB, "gfx1151", None),))
    assert found.gpus[0].vram_bytes == 96 * GIB
    assert "firmware set a part of RAM aside" in found.notes[0]


@pytest.mark.parametrize("text", ["", "null", "[]", "{}", "{]", '{"card0": 5}', '{"cardx": {}}'])
def test_rocm_garbage(text):
    assert amd.parse_rocm_smi(text) == ()


def test_xpu_smi(recorded, probe_of):
    found = intel.find(probe_of(tools={"xpu-smi": recorded("xpu-smi-discovery.json")}))
    assert [(g.name, g.vram_bytes) for g in found.gpus] == [("Intel(R) Arc(TM) A770 Graphics", 17102532608)]
    assert found.notes == ("Intel(R) UHD Graphics 770 is integrated and shares the machine's RAM; it adds no VRAM",)


def test_older_xpu_smi_is_asked_per_device(recorded, probe_of):
    probe = probe_of(
        tools={
            "xpu-smi discovery --json": recorded("xpu-smi-discovery-short.json"),
            "xpu-smi discovery -d 0 --json": recorded("xpu-smi-device-0.json"),
        }
    )
    found = intel.find(probe)
    assert found.gpus[0].vram_bytes == 12 * GIB
    assert found.gpus[0].driver == "1.6.32567"


@pytest.mark.parametrize("second", [None, Answer("", "did not answer within 2 s"), "rubbish"])
def test_per_device_question_fails(recorded, probe_of, second):
    tools = {"xpu-smi discovery --json": recorded("xpu-smi-discovery-short.json")}
    if second is not None:
        tools["xpu-smi discovery -d 0 --json"] = second
    found = intel.find(probe_of(tools=tools))
    assert found.gpus[0].vram_bytes is None
    assert found.notes == ("the VRAM of Intel(R) Arc(TM) B580 Graphics is unknown",)


@pytest.mark.parametrize(
    "name, integrated",
    [
        ("Intel(R) UHD Graphics 770", True),
        ("Intel(R) Iris(R) Xe Graphics", True),
        ("Intel(R) HD Graphics 630", True),
        ("Intel(R) Arc(TM) Graphics", True),
        ("Intel(R) Arc(TM) 140V GPU (16GB)", True),
        ("Intel(R) Arc(TM) A770 Graphics", False),
        ("Intel(R) Arc(TM) B580 Graphics", False),
        ("Intel(R) Data Center GPU Flex 170", False),
    ],
)
def test_which_intel_gpus_are_integrated(name, integrated):
    assert intel.card(name, GIB, None).integrated is integrated
    assert intel.card(name, GIB, intel.INTEGRATED_SLOT).integrated


@pytest.mark.parametrize("text", ["", "{}", '{"device_list": 1}', '{"error": "x"}', "[]"])
def test_xpu_garbage(text):
    assert intel.parse_xpu_smi(text) == ()


def test_xpu_smi_that_fails_is_noted(probe_of):
    found = intel.find(probe_of(tools={"xpu-smi": Answer("", "ended with status 1: Error")}))
    assert found.notes == ("xpu-smi ended with status 1: Error; its GPUs are unknown",)
    assert not found.answered


def test_apple_cores_and_unified_memory(recorded):
    (display,) = apple.parse_displays(recorded("system-profiler-m3-max.json"))
    assert display.cores == 40
    assert display.gpu.vram_bytes is None


def test_nvidia_in_an_old_mac():
    text = (
        '{"SPDisplaysDataType": [{"_name": "NVIDIA GeForce GT 750M", "spdisplays_vram": "2048 MB"},'
        '{"_name": "Display adapter"}]}'
    )
    first, second = apple.parse_displays(text.replace("]}", ', {"_name": "N/A"}]}'))
    assert (first.gpu.vendor, first.gpu.vram_bytes) == ("nvidia", 2 * GIB)
    assert (second.gpu.vendor, second.gpu.vram_bytes) == ("unknown", None)


def test_discrete_gpu_of_unknown_size_in_a_mac(probe_of):
    text = '{"SPDisplaysDataType": [{"_name": "AMD Radeon Pro 580", "spdisplays_vram": "lots"}]}'
    found = apple.find(probe_of("darwin", tools={"system_profiler": text}), "Intel(R) Core(TM)")
    assert found.gpus[0].vram_bytes is None
    assert found.notes == ("the VRAM of AMD Radeon Pro 580 is unknown",)


def test_sysctl(recorded):
    assert apple.parse_sysctl(recorded("sysctl-m3-max.txt")) == (128 * GIB, "Apple M3 Max")
    assert apple.parse_sysctl("sysctl: unknown oid 'hw.memsize'\n") == (None, None)


@pytest.mark.parametrize(
    "value, number",
    [
        (5, 5),
        ("5", 5),
        (" 7\n", 7),
        (0, None),
        ("0", None),
        (-1, None),
        (True, None),
        (1.5, None),
        ("1.5", None),
        ("max", None),
        ("", None),
        (None, None),
        ("٣", None),
        (1 << 70, None),
        ("9" * 5000, None),
    ],
)
def test_positive(value, number):
    assert positive(value) == number


@pytest.mark.parametrize("value", ["", " ", "N/A", "n/a", "None", None, 3])
def test_texts_that_say_nothing(value):
    assert text_of(value) is None


def test_json_between_lines():
    assert json_inside('warning {\n"x": 1}\n') == {"x": 1}
    assert json_inside("} {") is None
    assert json_inside('{"a":' * 100_000 + "1" + "}" * 100_000) is None
