"""What nobody outside the issuer knows about the card, as switches.

Every field is an answer that public material leaves open or on which it disagrees. The default is
the best-supported one; the mark says how well: **[1]** one source, **[inf]** inferred, **[dis]**
sources disagree, **[?]** unknown. Tests and stories may set any of them to the other answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

from jpki.card.apdu import MAX_EXTENDED_LE, StatusWord

__all__ = ["SUGGESTED_ATR", "CardBehaviour", "FileControlInformation"]

# One of five published contact ATRs; which one a card of today shows is [?]. This one offers T=1,
# is in no other OpenSC driver's table and is registered for OpenSC on Windows [inf].
SUGGESTED_ATR: Final = bytes.fromhex("3BDA13FF8131FB468012392F31C173C601C03B")


class FileControlInformation(Enum):
    """What SELECT by name with P2 = 00 returns besides 9000."""

    EMPTY = "empty"
    NAME = "name"  # 6F { 84 AID }


@dataclass(frozen=True, slots=True, kw_only=True)
class CardBehaviour:
    """The card's open answers.

    PINs:

    * ``blocked`` [dis]: VERIFY or CHANGE on a blocked PIN. The base specification and six clients
      say 6984; three handle 6983.
    * ``query_when_blocked`` [1]: the empty VERIFY on a blocked PIN. OpenSC needs 63C0.
    * ``query_when_verified`` [dis]: the empty VERIFY after success; ``None`` answers 63Cn. One
      source allows 9000; OpenSC refuses such a card.
    * ``query_with_le`` [1]: the five-byte form of the empty VERIFY.
    * ``wrong_length_costs_a_try`` and ``wrong_characters_cost_a_try`` [inf]: whether a PIN that
      cannot be right is compared. When not, the answers are ``wrong_pin_length`` and
      ``wrong_pin_characters`` [?].
    * ``failed_verify_drops_status`` [inf]: a wrong PIN takes back what a right one gave.
    * ``bad_new_pin`` [?]: the answer to a new PIN of the wrong shape; 6A80 or 6985.
    * ``change_without_verify`` [inf]: CHANGE before VERIFY.
    * ``change_with_old_value`` [?]: CHANGE with P1 00, the old value before the new one. No client
      sends it; ``None`` makes it work as ISO/IEC 7816-4 §11.6.7 describes.
    * ``change_restores_counter`` [inf]: a new value starts with all its tries.
    * ``wrong_change_command`` [?]: a change with the command of another application.
    * ``copies_share_counter`` [?]: a code, or the resident register PIN, that two applications
      hold is one PIN with one counter. They are separate files, so separate by default [inf].

    SELECT:

    * ``reselect_keeps_status``: selecting the same application again keeps its PINs verified. One
      source cites the base specification, and one client depends on it.
    * ``reselect_keeps_file`` [?]: and keeps the current file; selecting leaves none [inf].
    * ``file_control_information`` [?]: the data for P2 = 00.
    * ``select_file_in_domain`` [dis]: SELECT of a file right after power-on: 6A82 or 6986.
    * ``select_without_name`` [?]: SELECT by name without a name.
    * ``sfi_selects_when_refused`` [?]: a refused command with a short identifier changes the
      current file all the same.

    Reading, signing and the rest:

    * ``filler`` and ``certificate_file_size`` [?]: what follows a certificate in its file, and how
      long that file is (a longer certificate gets the next multiple of 256).
    * ``past_the_end``: READ BINARY at or after the end; 6282 would break one client.
    * ``longest_answer`` [?]: the most bytes one extended answer can carry.
    * ``several_records`` [1]: READ RECORD for more than one record: 6A81 on some cards.
    * ``bad_signature_input`` [dis]: too much or too little to sign: 6985 or 6700.
    * ``no_key`` [inf]: a signature asked of a file that is no key.
    * ``pss_salt_length`` [?]: bytes of salt in an RSASSA-PSS signature. One source has the mode and
      a random salt; the length of the digest is what RFC 8017 §9.1 calls typical.
    * ``no_room_for_signature`` [?]: Le absent or shorter than the signature.
    * ``issuer_only`` [inf]: a command that takes the issuer's keys, without them. One source saw
      them refused, and MANAGE ATTRIBUTES reach the security check; other P1 of that one answer
      ``manage_attributes_parameters`` [?].
    * ``external_authenticate`` [?]: EXTERNAL AUTHENTICATE, which the base specification has and for
      which no key is public.
    * ``secured_elsewhere`` [inf]: secure messaging, outside a session, for a command other than
      SELECT, READ and VERIFY.
    * ``chaining`` [inf]: the chaining bit in the class byte: 6884 or 6E00.
    * ``challenge_too_long`` : GET CHALLENGE for more than 256 bytes.
    * ``no_such_object`` [dis]: GET DATA of what is not there: 6A88, some cards 6A82.
    * ``contact_atr_in_domain`` [1]: GET DATA 5F51 answers in the security domain too; some cards
      give it only with an application selected.
    * ``lower_certificate`` [1]: GET DATA 7F21 is there; older cards lack it.
    * ``certificate_objects_in_template`` [dis]: GET DATA gives a certificate inside its 7F21
      template. One source describes the template, and its files from a card have the inside alone.
    * ``object_file_block`` [?]: files of unknown size end at the next multiple of this.
    * ``codes_open_session`` [dis]: SET SESSION KEY after code A or B, not the PIN alone. The source
      that tried says that code A leaves it at 6982.
    * ``bad_terminal_certificate`` [?]: a well-formed certificate that no known issuer signed.
    * ``last_command_marker`` [1]: 80 FC 00 00 is a command; only on the iPhone profile.
    """

    atr: bytes = SUGGESTED_ATR

    blocked: int = StatusWord.REFERENCE_LOCKED
    query_when_blocked: int = StatusWord.NO_TRIES_LEFT
    query_when_verified: int | None = None
    query_with_le: int = StatusWord.WRONG_LENGTH
    wrong_length_costs_a_try: bool = True
    wrong_characters_cost_a_try: bool = True
    wrong_pin_length: int = StatusWord.WRONG_LENGTH
    wrong_pin_characters: int = StatusWord.WRONG_DATA
    failed_verify_drops_status: bool = True
    bad_new_pin: int = StatusWord.WRONG_DATA
    change_without_verify: int = StatusWord.SECURITY_STATUS
    change_with_old_value: int | None = StatusWord.WRONG_PARAMETERS
    change_restores_counter: bool = True
    wrong_change_command: int = StatusWord.CONDITIONS_OF_USE
    copies_share_counter: bool = False

    reselect_keeps_status: bool = True
    reselect_keeps_file: bool = False
    file_control_information: FileControlInformation = FileControlInformation.EMPTY
    select_file_in_domain: int = StatusWord.FILE_NOT_FOUND
    select_without_name: int = StatusWord.WRONG_PARAMETERS
    sfi_selects_when_refused: bool = False

    filler: int = 0xFF
    certificate_file_size: int = 2048
    past_the_end: int = StatusWord.OFFSET_OUTSIDE_FILE
    longest_answer: int = MAX_EXTENDED_LE
    several_records: int = StatusWord.FUNCTION_NOT_SUPPORTED
    bad_signature_input: int = StatusWord.CONDITIONS_OF_USE
    no_key: int = StatusWord.WRONG_FILE_KIND
    no_room_for_signature: int = StatusWord.WRONG_LENGTH
    pss_salt_length: int = 32
    issuer_only: int = StatusWord.SECURITY_STATUS
    manage_attributes_parameters: int = StatusWord.WRONG_PARAMETERS
    external_authenticate: int = StatusWord.SECURITY_STATUS
    secured_elsewhere: int = StatusWord.NO_SECURE_MESSAGING
    chaining: int = StatusWord.NO_CHAINING
    challenge_too_long: int = StatusWord.CONDITIONS_OF_USE
    no_such_object: int = StatusWord.DATA_NOT_FOUND
    contact_atr_in_domain: bool = True
    lower_certificate: bool = True
    certificate_objects_in_template: bool = True
    object_file_block: int = 256
    codes_open_session: bool = False
    bad_terminal_certificate: int = StatusWord.WRONG_DATA
    last_command_marker: bool = False
