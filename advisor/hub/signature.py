"""The signature of a lock, checked with the OpenSSF's model-signing where that is installed (extra `signing`)."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from advisor.errors import ExternalError, UserError
from advisor.hub.failures import UnverifiedError


def check_signature(lock: Path, signature: Path | None, public_key: Path | None) -> None:
    """Check that the lock is, byte for byte, what the holder of the key signed.

    It is made with `model_signing sign key advisor.lock --private_key KEY --signature FILE`. Nothing is asked of any
    network.

    Raises:
        UserError: where one of the two files is not named or not there.
        UnverifiedError: where the signature is not of this lock and this key.
        ExternalError: where model-signing is missing.
    """
    if signature is None or public_key is None:
        raise UserError("--signature and --public-key go together: the signature, and the key it was made with")
    for path in (signature, public_key):
        if not path.is_file():
            raise UserError(f"there is no file {path}")
    try:
        verifying = import_module("model_signing.verifying")
    except ImportError:
        raise ExternalError(
            "signatures need model-signing; install it with: pip install 'local-model-advisor[signing]'"
        ) from None
    try:
        verifying.Config().use_elliptic_key_verifier(public_key=public_key).verify(lock, signature)
    except Exception as error:  # model-signing and what it stands on raise their own kinds for each flaw
        raise UnverifiedError(f"the signature {signature} is not valid for {lock} and {public_key}: {error}") from None
