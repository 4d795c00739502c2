"""SIP messages: what is read of one, and what is written."""

from __future__ import annotations

from tests.conformance.message import Message, address, tag, written

REFER = written(
    "REFER sip:ann@127.0.0.1 SIP/2.0",
    "Via: SIP/2.0/UDP 127.0.0.1:1;branch=x",
    "Via: SIP/2.0/UDP 127.0.0.1:2;branch=y",
    "From: <sip:ben@127.0.0.1>;tag=one",
    "To: <sip:ann@127.0.0.1>",
    "Call-ID: c",
    "CSeq: 7 REFER",
)


def test_a_request_says_what_it_is_of_which_call_and_the_how_manieth() -> None:
    message = Message.read(REFER)
    assert (message.method, message.number, message.status) == ("REFER", 7, 0)
    assert message.header("call-id") == "c" and message.header("contact") == ""


def test_a_response_says_its_status_and_what_it_answers() -> None:
    message = Message.read(written("SIP/2.0 202 Accepted", "CSeq: 7 REFER", body="x=y"))
    assert (message.method, message.number, message.status) == ("REFER", 7, 202)
    assert message.body == "x=y" and message.header("content-length") == "3"


def test_an_answer_goes_the_way_back_and_gets_a_tag() -> None:
    answer = Message.read(
        Message.read(REFER).answered("200 OK", "<sip:ann@127.0.0.1>;tag=two", "Contact: <sip:ann>")
    )
    ways = [value for name, value in answer.headers if name == "via"]
    assert len(ways) == 2 and ways[0].endswith("branch=x")
    assert (answer.status, answer.number) == (200, 7)
    assert (tag(answer.header("from")), tag(answer.header("to"))) == ("one", "two")
    assert address(answer.header("contact")) == "sip:ann"


def test_what_has_no_tag_or_address_has_none() -> None:
    assert tag("<sip:ann@127.0.0.1>") == "" and address("") == ""
