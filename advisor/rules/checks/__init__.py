"""One pure function a rule: a subject and a need in, a finding (or None where nothing was asked) out."""
