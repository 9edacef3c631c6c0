"""Signing keys of the three schemes that a client must know, and some that it need not."""

from functools import lru_cache
from hashlib import sha256

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from securesystemslib.formats import encode_canonical
from securesystemslib.signer import CryptoSigner, Signature, SSlibKey


def ecdsa():
    """A fresh ECDSA P-256 key."""
    return CryptoSigner.generate_ecdsa()


def ed25519():
    """A fresh Ed25519 key."""
    return CryptoSigner.generate_ed25519()


@lru_cache
def rsa_pss():
    """An RSA key of 2048 bits, the same in all tests: making one is slow."""
    return CryptoSigner.generate_rsa()


def p384():
    """An ECDSA key of another curve than the one that the specification names."""
    return CryptoSigner(ec.generate_private_key(ec.SECP384R1()))


SCHEMES = {"ecdsa": ecdsa, "ed25519": ed25519, "rsa": rsa_pss}


def digest_of(key):
    """The key id that the specification asks for: SHA-256 of the canonical form of the key."""
    return sha256(encode_canonical(key).encode()).hexdigest()


class Renamed:
    """A signer whose key stands under another id than its own, or is described otherwise."""

    def __init__(self, signer, keyid=None, *, keytype=None, scheme=None, public=None, **extra):
        self._signer = signer
        key = signer.public_key
        fields = {
            "keytype": keytype or key.keytype,
            "scheme": scheme or key.scheme,
            "keyval": {"public": key.keyval["public"] if public is None else public},
            **extra,
        }
        self.keyid = digest_of(fields) if keyid is None else keyid
        self.public_key = SSlibKey(
            self.keyid, fields["keytype"], fields["scheme"], fields["keyval"], extra
        )

    def sign(self, payload):
        """Signs with the key as it is."""
        return Signature(self.keyid, self._signer.sign(payload).signature)


class RSA:
    """An RSA-PSS signer of a chosen size, whose salt is as long as the key allows."""

    def __init__(self, bits):
        self._private = rsa.generate_private_key(public_exponent=65537, key_size=bits)
        public = self._private.public_key().public_bytes(
            Encoding.PEM, PublicFormat.SubjectPublicKeyInfo
        )
        fields = {
            "keytype": "rsa",
            "scheme": "rsassa-pss-sha256",
            "keyval": {"public": public.decode()},
        }
        self.public_key = SSlibKey(digest_of(fields), **fields)

    def sign(self, payload):
        """Signs with a salt of the greatest length."""
        pss = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.MAX_LENGTH)
        signature = self._private.sign(payload, pss, hashes.SHA256())
        return Signature(self.public_key.keyid, signature.hex())
