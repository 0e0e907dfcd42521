"""Messages in bytes: compiled once per bulletin and variant, with holes that are filled per recipient."""

from channels.message.compiled import CompiledMessage, HoleMismatch
from channels.message.compiler import compile_message
from channels.message.headers import BadHeader, mailbox
from channels.message.holes import BadHole, Hole, Marks, Part
from channels.message.quoted_printable import encode_around, encode_fragment
from channels.message.standard import BulletinHeaders, MessageHeaders, standard_headers, transactional_headers
from channels.message.values import address_header_value

__all__ = [
    "BadHeader",
    "BadHole",
    "BulletinHeaders",
    "CompiledMessage",
    "Hole",
    "HoleMismatch",
    "Marks",
    "MessageHeaders",
    "Part",
    "address_header_value",
    "compile_message",
    "encode_around",
    "encode_fragment",
    "mailbox",
    "standard_headers",
    "transactional_headers",
]
