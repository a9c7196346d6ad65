"""Keep the Prefect server and its UI to this machine: no page and no answer of it is fetched from another host."""

from pathlib import Path

from deployments.local.door import Application, Message, Receive, Send

PREFIX = "/api/collections/views/"
POLICY = b"default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:"
"""What a page may load: logos of integrations, and analytics of the newer UI, would come from hosts outside."""


class Offline:
    """ASGI middleware: views of integrations, for which the server asks GitHub, come from the copy Prefect ships.

    Pages get a content security policy, so that the browser asks this server alone
    (https://developer.mozilla.org/docs/Web/HTTP/Guides/CSP, 2026-11).
    """

    def __init__(self, application: Application, shipped: Path) -> None:
        """Everything but the views goes to the application; those are JSON files in the folder."""
        self._application = application
        self._views = {file.stem: file for file in shipped.glob("*.json")}

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer a view, 404 for one that is not shipped."""
        if scope["type"] != "http" or not scope["path"].startswith(PREFIX):
            await self._application(scope, receive, _with_policy(send))
            return
        view = self._views.get(scope["path"].removeprefix(PREFIX))
        body = view.read_bytes() if view else b"{}"
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200 if view else 404, "headers": headers})
        await send({"type": "http.response.body", "body": body})


def _with_policy(send: Send) -> Send:
    async def send_with_policy(message: Message) -> None:
        headers = dict(message.get("headers", ()))
        if message["type"] == "http.response.start" and headers.get(b"content-type", b"").startswith(b"text/html"):
            message = {**message, "headers": [*message["headers"], (b"content-security-policy", POLICY)]}
        await send(message)

    return send_with_policy
