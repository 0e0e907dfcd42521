"""Whatever a server does, every message taken is recorded once, and ACCEPTED means that the server took it."""

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from channels.smtp import SmtpPool, Timeouts
from tests.unit.smtp.builders import BODY, Runner, WindowFeed, envelopes, relay_on, run_asyncio, run_uvloop
from tests.unit.smtp.scripted_server import ALL_OFFERS, HANG_UP, RESET, SILENCE, polite, scripted_server

TINY = Timeouts().scaled(0.0001)  # 12 to 60 ms
POLITE = "<polite>"
ANSWERS = st.sampled_from(
    [
        *[POLITE] * 12,
        "250 2.0.0 Ok",
        "250-2.0.0 Two\n250 2.0.0 lines",
        "354 Go ahead",
        "450 4.2.0 Later",
        "550 5.1.1 Unknown",
        "554",
        "421 4.3.2 Bye" + HANG_UP,
        "421 4.3.2 Bye",
        "250 Ok" + HANG_UP,
        "354 Go ahead" + RESET,
        "220 Hello\n250 more than one reply",
        HANG_UP,
        RESET,
        SILENCE,
        "250-unfinished",
        "what?",
    ]
)


@settings(max_examples=150)
@given(
    answers=st.lists(ANSWERS, max_size=40),
    count=st.integers(0, 9),
    connections=st.integers(1, 3),
    window=st.integers(1, 9),
    per_connection=st.none() | st.integers(1, 4),
    pipelining=st.booleans(),
    run=st.sampled_from([run_asyncio, run_uvloop]),
)
def test_each_message_is_recorded_once_and_accepted_ones_were(
    answers: list[str],
    count: int,
    connections: int,
    window: int,
    per_connection: int | None,
    pipelining: bool,
    run: Runner,
) -> None:
    coming = iter(answers)
    offers = ALL_OFFERS if pipelining else ALL_OFFERS[1:]

    def script(command: str) -> str:
        answer = next(coming, POLITE)
        return polite(command, offers) if answer == POLITE else answer

    async def test() -> None:
        async with scripted_server(script) as server:
            pool = SmtpPool(
                relay_on(server.port),
                connections=connections,
                timeouts=TINY,
                max_messages_per_connection=per_connection,
            )
            feed = WindowFeed(envelopes(count), pool, window=window)
            await pool.send(feed)
            await pool.close()
        assert sorted(feed.outcomes, key=str) == sorted(feed.taken, key=str)
        assert len(feed.taken) == count
        took = Counter(mail.recipient for mail in server.mails if mail.content == BODY)
        assert not took or max(took.values()) == 1
        accepted = {f"citizen{key}@example.com" for key, outcome in feed.outcomes.items() if outcome.accepted}
        assert accepted <= took.keys()

    run(test())
