"""Signatures of spooled rows: who has a job's secret wrote them, and nobody has changed them since.

HMAC-SHA256 (RFC 2104, https://www.rfc-editor.org/rfc/rfc2104), keyed with the SHA-256 of the secret, which is what the
database holds of it. Without a secret the key is empty, and the signature tells damage only.
"""

import hashlib
import hmac

NO_KEY = ""


def token_hash(token: str) -> str:
    """SHA-256 (hex) of a job's secret: what is stored of it, and the key of its signatures."""
    return hashlib.sha256(token.encode()).hexdigest()


def sign(key: str, spool_id: str, number: int, content: str) -> str:
    """The signature (hex) of one line of a spool, bound to the spool and to the line's number in it.

    Args:
        key: What `token_hash` gives; empty without a secret.
        spool_id: Of the spool.
        number: Of the line; 0 is the header.
        content: What the line says, in canonical JSON.
    """
    return hmac.new(key.encode(), f"{spool_id}:{number}:{content}".encode(), hashlib.sha256).hexdigest()


def is_signed(signature: str, key: str, spool_id: str, number: int, content: str) -> bool:
    """Whether the signature is that of this key."""
    return hmac.compare_digest(signature.encode(), sign(key, spool_id, number, content).encode())
