"""The demo's mail catcher, as the demo runs it: a process of its own that is sent mail over SMTP."""

import json
import signal
import smtplib
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

from govnotify.demo.catcher.store import MailStore


@dataclass
class Catcher:
    """A running catcher."""

    process: subprocess.Popen[str]
    smtp_port: int
    web_port: int

    def smtp(self) -> smtplib.SMTP:
        return smtplib.SMTP("127.0.0.1", self.smtp_port, local_hostname="here.example", timeout=30)

    def get(self, path: str, host: str = "127.0.0.1") -> tuple[int, dict[str, str], str]:
        connection = HTTPConnection("127.0.0.1", self.web_port, timeout=30)
        try:
            connection.request("GET", path, headers={"Host": f"{host}:{self.web_port}"})
            answer = connection.getresponse()
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read().decode()
        finally:
            connection.close()

    def status(self, campaign: str = "") -> dict[str, Any]:
        status, _, body = self.get(f"/status/{campaign}" if campaign else "/status")
        assert status == 200
        found: dict[str, Any] = json.loads(body)
        return found


@contextmanager
def catcher(folder: Path, *options: str) -> Iterator[Catcher]:
    report = folder.parent / "report.json"
    command = [sys.executable, "-m", "govnotify.demo.catcher", "--folder", str(folder), "--report", str(report)]
    command += options
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603  our own module
        assert process.stdout is not None
        try:
            yield Catcher(process, **json.loads(process.stdout.readline()))
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Catcher]:
    with catcher(tmp_path / "mails") as one:
        yield one


def mail(subject: str = "Roads", *, campaign: str = "7", html: str = "") -> EmailMessage:
    message = EmailMessage()
    message["Subject"] = subject
    message["From"] = "news@city.example"
    message["Message-ID"] = f"<{campaign}.1@city.example>"
    message["Feedback-ID"] = f"{campaign}:city:routine:govnotify"
    message.set_content("Confirm here: http://127.0.0.1:8000/confirm/abc.\n.\n..dots\n")
    if html:
        message.add_alternative(html, subtype="html")
    return message


def send(to: Catcher, message: EmailMessage, *recipients: str) -> None:
    with to.smtp() as client:
        for recipient in recipients:
            client.sendmail("b@bounce.example", recipient, message.as_bytes())


def test_it_counts_recipients_and_duplicates_of_each_campaign(running: Catcher) -> None:
    send(running, mail(campaign="7"), "ada@example.org", "ben@example.org", "ada@example.org")
    send(running, mail(campaign="8"), "ada@example.org")

    status = running.status()
    assert status["messages"] == 4
    assert status["campaigns"]["7"] | {"first": 0, "last": 0} == {
        "lane": "routine",
        "messages": 3,
        "unique_recipients": 2,
        "duplicates": 1,
        "unique_message_ids": 1,
        "first": 0,
        "last": 0,
    }
    assert running.status("7")["recipients"] == {"ada@example.org": 2, "ben@example.org": 1}
    assert running.get("/status/9")[0] == 404


def test_a_whole_group_of_pipelined_messages_is_taken_in_one_write(running: Catcher) -> None:
    message = b"Subject: x\r\nFeedback-ID: 5:a:emergency:govnotify\r\n\r\nbody\r\n.\r\n"
    group = b"MAIL FROM:<b@example.org>\r\nRCPT TO:<u%d@example.com>\r\nDATA\r\n"
    with socket.create_connection(("127.0.0.1", running.smtp_port), 30) as client, client.makefile("rb") as answers:
        answers.readline()
        client.sendall(b"EHLO here\r\n")
        offered: list[bytes] = []
        while not offered or not offered[-1].startswith(b"250 "):
            offered.append(answers.readline())
        client.sendall(group % 0)
        for number in range(1, 50):
            assert [answers.readline()[:3] for _ in range(3)] == [b"250", b"250", b"354"]
            client.sendall(message + group % number)
            assert answers.readline().startswith(b"250")
        assert [answers.readline()[:3] for _ in range(3)] == [b"250", b"250", b"354"]
        client.sendall(message + b"QUIT\r\n")
        assert [answers.readline()[:3] for _ in range(2)] == [b"250", b"221"]

    assert {b"250-PIPELINING\r\n", b"250-SMTPUTF8\r\n", b"250-8BITMIME\r\n"} <= set(offered)
    assert running.status()["campaigns"]["5"]["unique_recipients"] == 50


def test_a_message_arrives_octet_for_octet(running: Catcher) -> None:
    content = b".first line\r\nSubject: x\r\n\r\nends with a dot.\r\n..\r\n.hidden\r\n\r\n"
    with running.smtp() as client:
        client.sendmail("b@bounce.example", "ada@example.org", content)
        client.sendmail("b@bounce.example", "ada@example.org", b"")

    assert running.get("/mails/1/source")[2].encode() == content
    assert running.get("/mails/2/source")[2].strip() == ""


def test_an_address_in_another_script_is_taken_as_it_is(running: Catcher) -> None:
    with running.smtp() as client:
        client.ehlo()
        client.mail("b@bounce.example", ["SMTPUTF8", "BODY=8BITMIME"])
        client.rcpt("олена@пошта.example")
        client.data(mail("Привіт").as_bytes())

    assert running.status("7")["recipients"] == {"олена@пошта.example": 1}
    assert "Привіт" in running.get("/")[2]


def test_what_is_no_mail_is_refused_and_the_connection_goes_on(running: Catcher) -> None:
    with running.smtp() as client:
        client.ehlo()
        assert client.docmd("DATA")[0] == 503
        assert client.docmd("MAIL TO:<ada@example.org>")[0] == 501
        assert client.docmd("NONSENSE")[0] == 500
        client.sendmail("b@bounce.example", "ada@example.org", mail().as_bytes())
    assert running.status()["messages"] == 1


def test_the_list_shows_the_newest_first_and_filters_by_address(running: Catcher) -> None:
    send(running, mail("First"), "ada@example.org")
    send(running, mail("Second <b>"), "ben@example.org")

    page = running.get("/")[2]
    assert page.index("Second &lt;b&gt;") < page.index("First")
    filtered = running.get("/?to=ADA")[2]
    assert "First" in filtered
    assert "Second" not in filtered
    assert "No mail to this address yet" in running.get("/?to=carla&page=x")[2]


def test_a_mail_is_shown_with_links_and_its_html_locked_up(running: Catcher) -> None:
    html = "<html><head><title>t</title></head><body><script>alert(1)</script><a href='http://x.example'>x</a></body></html>"
    send(running, mail(html=html), "ada@example.org")

    _, headers, page = running.get("/mails/1")
    assert '<a href="http://127.0.0.1:8000/confirm/abc" rel="noreferrer">' in page
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in page
    assert "default-src 'none'" in headers["content-security-policy"]
    status, headers, part = running.get("/mails/1/html")
    assert status == 200
    assert headers["content-security-policy"].startswith("sandbox allow-popups allow-popups-to-escape-sandbox;")
    assert '<head><base target="_blank">' in part
    assert running.get("/mails/2")[0] == 404


def test_other_host_names_are_refused(running: Catcher) -> None:
    assert running.get("/", host="evil.example")[0] == 403


def test_mails_outlive_the_catcher_and_the_last_counts_are_reported(tmp_path: Path) -> None:
    with catcher(tmp_path / "mails") as one:
        send(one, mail("Kept"), "ada@example.org")
    assert json.loads((tmp_path / "report.json").read_text())["messages"] == 1
    with catcher(tmp_path / "mails") as one:
        send(one, mail("Newer"), "ada@example.org")
        page = one.get("/")[2]
        assert page.index("Newer") < page.index("Kept")
        assert "Kept" in one.get("/mails/1")[2]


def test_a_record_that_a_killed_catcher_left_half_written_is_cut_off(tmp_path: Path) -> None:
    store = MailStore(tmp_path)
    store.add(b"whole", sender="", recipients=["a@example.org"], subject="", lane="")
    store.add(b"half written", sender="", recipients=["b@example.org"], subject="", lane="")
    store.close()
    (file,) = tmp_path.iterdir()
    file.write_bytes(file.read_bytes()[:-5])

    again = MailStore(tmp_path)
    added = again.add(b"next", sender="", recipients=["c@example.org"], subject="", lane="")
    again.close()
    assert [mail.recipients for mail in again.newest()] == [["c@example.org"], ["a@example.org"]]
    assert again.read(added) == b"next"
    assert file.read_bytes().count(b"\n") == 4


def test_old_mails_make_room_for_new_ones(tmp_path: Path) -> None:
    store = MailStore(tmp_path, file_octets=1_000, files=2)
    for number in range(100):
        store.add(b"x" * 100, sender="", recipients=[f"u{number}@example.org"], subject="", lane="")
    newest = store.newest(limit=100)
    store.close()
    assert [mail.number for mail in newest] == list(range(100, 100 - len(newest), -1))
    assert 0 < len(newest) < 20
    assert len(list(tmp_path.iterdir())) == 2
    assert store.get(1) is None


def test_it_plays_a_city_s_own_site_with_the_platform_s_form(tmp_path: Path) -> None:
    with catcher(tmp_path / "mails", "--platform", "http://127.0.0.1:8000") as running:
        status, headers, body = running.get("/city/")
    assert status == 200
    assert 'src="http://127.0.0.1:8000/embed/aldermouth/?' in body
    assert 'action="http://127.0.0.1:8000/embed/aldermouth/subscribe/"' in body
    assert "form-action http://127.0.0.1:8000" in headers["content-security-policy"]
    assert headers["referrer-policy"] == "strict-origin-when-cross-origin"


def test_without_a_platform_there_is_no_city(running: Catcher) -> None:
    assert running.get("/city/")[0] == 404
