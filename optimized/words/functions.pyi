"""The arithmetic and the hashes of this room's headers, for Python."""

def compute(name: str, first: int, second: int = ..., third: int = ...) -> int:
    """The function of this name in u256.hpp on words; it may ignore some. Raises LookupError for an unknown one."""

def keccak256(data: bytes) -> bytes: ...
def sha256(data: bytes) -> bytes: ...
def ripemd160(data: bytes) -> bytes: ...
def plain_sha256_chain(chain: bytes, blocks: bytes) -> bytes:
    """The chaining value after blocks of 64 bytes, without the processor's own instructions; 32 bytes as they lie."""

def permuted(state: bytes, plain: bool) -> bytes:
    """Keccak's permutation of 200 bytes, in the form that any processor runs or in the one chosen for this one."""
