"""GOV.UK Notify on loopback: checks the token as Notify does and answers in the shapes of its documented REST API.

Source of the shapes and errors: the API documentation at docs.notifications.service.gov.uk/rest-api.html.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4

from notifications_python_client.authentication import decode_jwt_token, get_token_issuer
from notifications_python_client.errors import TokenError

SERVICE = "26785a09-ab16-4eb0-8407-a37497a57506"
SECRET = "3d844edf-8d35-48ac-975b-e847b4f122b0"
KEY = f"careshare_tests-{SERVICE}-{SECRET}"
TEMPLATES = {channel: str(uuid4()) for channel in ("sms", "email", "letter")}
BAD_NUMBER = "+447700900400"
NOT_FOUND = {"error": "NoResultFound", "message": "No result found"}


@dataclass
class NotifyFake:
    """What Notify has taken, by its id, and how it answers: `fault` is a status to answer instead, `after_taking`
    takes the message and then loses the answer.
    """

    url: str = ""
    taken: dict[str, dict[str, Any]] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)
    fault: int | None = None
    after_taking: int | None = None

    def deliver(self, notification_id: str, status: str) -> None:
        self.taken[notification_id]["status"] = status


class _Handler(BaseHTTPRequestHandler):
    fake: NotifyFake

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class's name
        """Says nothing."""

    def do_GET(self) -> None:  # the base class's name
        if self._refused():
            return
        address = urlsplit(self.path)
        if address.path == "/v2/notifications":
            reference = parse_qs(address.query).get("reference", [None])[0]
            found = [one for one in self.fake.taken.values() if one["reference"] == reference]
            self._say(200, {"notifications": found, "links": {"current": self.path}})
            return
        one = self.fake.taken.get(address.path.rpartition("/")[2])
        self._say(200, one) if one else self._error(404, NOT_FOUND)

    def do_POST(self) -> None:  # the base class's name
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self._refused():
            return
        kind = self.path.rpartition("/")[2]
        problem = self._problem(kind, asked)
        if problem:
            self._error(400, problem)
            return
        made = self._take(kind, asked)
        if self.fake.after_taking is not None:
            self._error(self.fake.after_taking, {"error": "Exception", "message": "Internal server error"})
            return
        said = asked["personalisation"]
        content = {"body": said["body"]} | ({} if kind == "sms" else {"subject": said["subject"]})
        self._say(
            201,
            {
                "id": made,
                "reference": asked["reference"],
                "content": content,
                "uri": f"{self.fake.url}/v2/notifications/{made}",
                "template": {"id": asked["template_id"], "version": 1, "uri": f"/v2/template/{asked['template_id']}"},
                "scheduled_for": None,
            },
        )

    def _take(self, kind: str, asked: dict[str, Any]) -> str:
        made = str(uuid4())
        self.fake.taken[made] = {
            "id": made,
            "reference": asked["reference"],
            "type": kind,
            "status": "accepted" if kind == "letter" else "created",
            "phone_number": asked.get("phone_number"),
            "email_address": asked.get("email_address"),
            "body": asked["personalisation"]["body"],
            "subject": asked["personalisation"].get("subject"),
            "line_1": asked["personalisation"].get("address_line_1"),
        }
        return made

    def _problem(self, kind: str, asked: dict[str, Any]) -> dict[str, str] | None:
        if asked["template_id"] != TEMPLATES[kind]:
            return {"error": "BadRequestError", "message": "Template not found"}
        if asked.get("phone_number") == BAD_NUMBER:
            return {"error": "ValidationError", "message": "phone_number Not a UK mobile number"}
        UUID(asked["reference"])
        if kind == "letter" and "address_line_3" not in asked["personalisation"]:
            return {"error": "ValidationError", "message": "Address must be at least 3 lines"}
        return None

    def _refused(self) -> bool:
        self.fake.requests.append(f"{self.command} {self.path}")
        if self.fake.fault is not None:
            self._error(self.fake.fault, {"error": "Exception", "message": "Internal server error"})
            return True
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        try:
            check: Any = decode_jwt_token
            issuer: Any = get_token_issuer
            if issuer(token) != SERVICE or not check(token, SECRET):
                raise PermissionError
        except (TokenError, PermissionError):
            self._error(403, {"error": "AuthError", "message": "Invalid token: API key not found"})
            return True
        return False

    def _error(self, status: int, error: dict[str, str]) -> None:
        self._say(status, {"status_code": status, "errors": [error]})

    def _say(self, status: int, body: object) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


@contextmanager
def notify_server() -> Iterator[NotifyFake]:
    """Notify, running in a thread."""
    fake = NotifyFake()
    handler = type("Handler", (_Handler,), {"fake": fake})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    fake.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield fake
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
