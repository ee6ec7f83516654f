"""The hardware profiles of the catalog, and the machines they stand for."""

from __future__ import annotations

from pathlib import Path

import pytest

from advisor.catalog.schema import HardwareProfile, Source
from advisor.hardware.schema import Machine, from_profile
from advisor.records import read_record

FOLDER = Path(__file__).parents[2] / "catalog" / "hardware"
PROFILES = {
    path.stem: read_record(path.read_text(encoding="utf-8"), HardwareProfile) for path in sorted(FOLDER.glob("*.yaml"))
}
GIB = 1 << 30


def test_there_are_at_least_thirty():
    assert len(PROFILES) >= 30


@pytest.mark.parametrize("profile_id", PROFILES)
def test_figures_have_the_right_size(profile_id):
    profile = PROFILES[profile_id]
    each = profile.memory_bytes / profile.devices
    assert 4 * GIB <= each <= 1024 * GIB
    assert 40e9 <= profile.bandwidth / profile.devices <= 10e12
    if profile.flops:
        least, most = (2e12, 30e12) if profile.kind == "apple" else (20e12, 3e15)
        assert least <= profile.flops / profile.devices <= most
    assert profile.memory_bytes % GIB == 0


def test_apple_profiles_state_their_speed():
    told = {profile_id: p.flops for profile_id, p in PROFILES.items() if p.kind == "apple"}
    assert [profile_id for profile_id, flops in told.items() if flops is None] == ["apple-m3-ultra-512gb"]
    assert (told["apple-m1-16gb"], told["apple-m2-ultra-192gb"]) == (2.6e12, 27.2e12)


@pytest.mark.parametrize("profile_id", PROFILES)
def test_sources_tell_where_and_when(profile_id):
    for source in PROFILES[profile_id].sources:
        assert source.ref.startswith(("https://", "http://", "pypi:", "github:"))
        assert source.accessed >= "2026-11-22"
        assert source.kind in ("specification", "survey", "registry", "documentation")


def test_every_name_means_one_profile():
    seen: dict[str, str] = {}
    for profile_id, profile in PROFILES.items():
        for name in {n.casefold() for n in (profile_id, profile.name, *profile.aliases)}:
            assert name not in seen, f"{name}: {seen.get(name)} and {profile_id}"
            seen[name] = profile_id


@pytest.mark.parametrize("profile_id", PROFILES)
def test_a_profile_gives_the_memory_of_its_kind(profile_id):
    profile = PROFILES[profile_id]
    machine = from_profile(profile_id, profile)
    assert (machine.name, machine.basis) == (profile_id, "profile")
    if profile.kind == "gpu":
        assert (machine.ram_bytes, machine.vram_bytes) == (None, profile.memory_bytes)
        assert sum(g.vram_bytes for g in machine.gpus) == profile.memory_bytes
        assert machine.vram_bandwidth == profile.bandwidth
    elif profile.unified:
        assert machine.unified
        assert machine.ram_bytes == machine.vram_bytes == profile.memory_bytes
        assert machine.ram_bandwidth == machine.vram_bandwidth == profile.bandwidth
    else:
        assert (machine.ram_bytes, machine.vram_bytes) == (profile.memory_bytes, None)
        assert (machine.ram_bandwidth, machine.gpus) == (profile.bandwidth, ())


def test_two_gpus_are_two_records():
    machine = from_profile("nvidia-2x-h100-sxm", PROFILES["nvidia-2x-h100-sxm"])
    assert machine.devices == len(machine.gpus) == 2
    assert machine.gpus[0].vram_bytes == 80 * GIB
    single = PROFILES["nvidia-h100-sxm"]
    assert machine.vram_bandwidth == 2 * single.bandwidth
    assert machine.gpu_flops == 2 * (single.flops or 0)


def test_flops_of_a_processor_are_the_processors():
    profile = HardwareProfile(
        name="Box",
        vendor="generic",
        kind="cpu",
        memory_bytes=GIB,
        bandwidth=1,
        flops=7,
        note="made up",
        sources=(Source(ref="https://example.org", accessed="2026-11-22", kind="survey"),),
    )
    assert from_profile("box", profile) == Machine(
        name="box",
        basis="profile",
        ram_bytes=GIB,
        ram_bandwidth=1,
        cpu_name="Box",
        cpu_flops=7,
        notes=("made up",),
    )
