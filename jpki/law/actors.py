"""Who acts and what can be done: the words of ``actors.toml``."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["Act", "ActingCase", "Actor", "OpenDays"]


class Actor(StrEnum):
    """Somebody who does something in the service, in the order of the table."""

    CITIZEN = "citizen"
    MUNICIPALITY = "municipality"
    OTHER_MUNICIPALITY = "other_municipality"
    SUPPLEMENT_MUNICIPALITY = "supplement_municipality"
    IMMIGRATION = "immigration"
    POST_OFFICE = "post_office"
    AGENCY = "agency"
    SIGNATURE_VERIFIER = "signature_verifier"
    OUTSOURCING_FIRM = "outsourcing_firm"
    PLATFORM_OPERATOR = "platform_operator"
    USER_AUTHENTICATION_VERIFIER = "user_authentication_verifier"
    SPECIFIED_USER_AUTHENTICATION_VERIFIER = "specified_user_authentication_verifier"
    ORGANISATION_SIGNATURE_VERIFIER = "organisation_signature_verifier"
    DEVICE = "device"
    KIOSK = "kiosk"
    CALL_CENTRE = "call_centre"
    COMPETENT_MINISTER = "competent_minister"


class Act(StrEnum):
    """What somebody may do or may not do."""

    APPLY = "apply"
    KEEP_PIN = "keep_pin"
    REPORT_COMPROMISE = "report_compromise"
    REQUEST_REVOCATION = "request_revocation"
    REPORT_CARD_LOSS = "report_card_loss"
    LIFT_PHONE_SUSPENSION = "lift_phone_suspension"
    IDENTIFY = "identify"
    MAKE_CARD_KEYS = "make_card_keys"
    FORWARD_APPLICATION = "forward_application"
    FORWARD_REVOCATION_REQUEST = "forward_revocation_request"
    ACCEPT_COMPROMISE_NOTICE = "accept_compromise_notice"
    ACCEPT_MOVE_OUT = "accept_move_out"
    RESET_CARD_PINS = "reset_card_pins"
    RESET_PINS_IN_PRACTICE = "reset_pins_in_practice"
    FINISH_PIN_RESET = "finish_pin_reset"
    HAND_OVER_CARD = "hand_over_card"
    TAKE_BACK_CARD = "take_back_card"
    SUSPEND_CARD = "suspend_card"
    SUSPEND_PHONE = "suspend_phone"
    LIFT_CARD_SUSPENSION = "lift_card_suspension"
    REPORT_REGISTER_CHANGE = "report_register_change"
    SIGN_CERTIFICATES = "sign_certificates"
    KEEP_KEY_COPY = "keep_key_copy"
    ISSUE = "issue"
    RECORD_REVOCATION = "record_revocation"
    PUBLISH_LISTS = "publish_lists"
    ANSWER_OCSP = "answer_ocsp"
    PROVIDE_FOUR_ITEMS = "provide_four_items"
    LINK_SERIALS = "link_serials"
    USE_DATA_OUTSIDE_THE_ACT = "use_data_outside_the_act"
    CHECK_SIGNATURE_STATUS = "check_signature_status"
    CHECK_AUTHENTICATION_STATUS = "check_authentication_status"
    CHECK_LATER_STATUS = "check_later_status"
    ASK_FOUR_ITEMS = "ask_four_items"
    LINK_SIGNATURE_SERIALS = "link_signature_serials"
    LINK_AUTHENTICATION_SERIALS = "link_authentication_serials"
    RELY_ON_PLATFORM = "rely_on_platform"
    OUTSOURCE_IN_PART = "outsource_in_part"
    KEEP_FOUR_ITEMS = "keep_four_items"
    AUTHENTICATE_WITHOUT_PIN = "authenticate_without_pin"
    AUTHENTICATE_PHONE_WITHOUT_PIN = "authenticate_phone_without_pin"
    ANSWER_STATUS_FOR_MEMBERS = "answer_status_for_members"
    HOLD_MOBILE_KEYS = "hold_mobile_keys"
    ISSUE_CERTIFICATES = "issue_certificates"
    RENEW_CERTIFICATES = "renew_certificates"
    ACCREDIT_VERIFIERS = "accredit_verifiers"
    PERMIT_VERIFIERS = "permit_verifiers"
    ORDER_VERIFIERS = "order_verifiers"
    REVOKE_CERTIFICATES = "revoke_certificates"

    @property
    def words(self) -> str:
        """The act in English, to follow the word *may*."""
        return self.value.replace("_", " ")


class ActingCase(StrEnum):
    """A case to which an actor's permission may be limited."""

    EMPLOYER_BULK = "employer_bulk"
    DISASTER_EVACUEE = "disaster_evacuee"
    PROTECTED_PERSON = "protected_person"
    SIMILAR_REASON = "similar_reason"
    ON_SUPPLEMENT = "on_supplement"
    COMBINED_RESIDENCE_CARD = "combined_residence_card"
    HOLDER_IN_PERSON = "holder_in_person"


class OpenDays(StrEnum):
    """On which days of the week somebody acts, as far as a source says so."""

    EVERY_DAY = "every_day"
    WEEKDAYS = "weekdays"
