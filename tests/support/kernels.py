"""Kernels and terminals of a real server, used as JupyterLab uses them: over REST and WebSockets."""

from __future__ import annotations

import json
import re
import time
import uuid
from typing import Any

import websocket

from tests.support.jupyter_server import JupyterServer

SECONDS = 60


class Kernel:
    """A running Python kernel.

    Parameters
    ----------
    server : JupyterServer
        Where.
    kernel : str, optional
        The id of one that runs; a new one by default.
    """

    def __init__(self, server: JupyterServer, kernel: str | None = None) -> None:
        self._server = server
        if kernel is None:
            answer = server.post(f"{server.root}/api/kernels", {"name": "python3"})
            assert answer.status == 201, answer
            kernel = answer.json["id"]
        self.id: str = kernel
        self.comms: list[dict[str, Any]] = []
        """Messages of comms that came while it ran code."""
        self._connect()

    @property
    def url(self) -> str:
        """Of the kernel in Jupyter's API."""
        return f"{self._server.root}/api/kernels/{self.id}"

    def run(self, code: str) -> str:
        """Run code: what it printed, or the name and text of its error."""
        message = self.start(code)
        return self.finish(message)

    def start(self, code: str) -> str:
        """Begin to run code; the id of the request."""
        content = {"code": code, "silent": False, "store_history": False, "allow_stdin": False, "stop_on_error": True}
        return self._send("execute_request", content)

    def send_comm(self, comm: str, data: dict[str, Any]) -> None:
        """Send a message of a comm, as a front end does; the kernel takes it before the code that is run next."""
        self._send("comm_msg", {"comm_id": comm, "data": data})

    def close_comm(self, comm: str) -> None:
        """Close a comm, as a front end does that does not know its target."""
        self._send("comm_close", {"comm_id": comm, "data": {}})

    def finish(self, message: str) -> str:
        """Wait for the end of what was begun."""
        output, replied, idle = "", False, False
        while not (replied and idle):
            got = self._receive()
            if got["msg_type"].startswith("comm_"):
                self.comms.append(got)
            if got["parent_header"].get("msg_id") != message:
                continue
            kind, content = got["msg_type"], got["content"]
            if kind == "stream":
                output += content["text"]
            elif kind == "error":
                output += f"{content['ename']}: {content['evalue']}"
            replied = replied or kind == "execute_reply"
            idle = idle or (kind == "status" and content["execution_state"] == "idle")
        return output.strip()

    def wait_for_output(self, message: str, text: str) -> None:
        """Wait until something has been printed."""
        seen = ""
        while text not in seen:
            got = self._receive()
            if got["parent_header"].get("msg_id") == message and got["msg_type"] == "stream":
                seen += got["content"]["text"]

    def interrupt(self) -> None:
        """Stop what it does."""
        assert self._server.post(f"{self.url}/interrupt").status == 204

    def restart(self) -> None:
        """Begin anew."""
        answer = self._server.post(f"{self.url}/restart", timeout=SECONDS)
        assert answer.status == 200, answer
        self._socket.close()
        self._connect()

    def shut_down(self) -> None:
        """End it, as *Shut Down Kernel* does."""
        assert self._server.request("DELETE", self.url).status == 204
        self._socket.close()

    def _connect(self) -> None:
        address = f"{self.url.replace('http', 'ws', 1)}/channels?token={self._server.token}"
        self._socket = websocket.create_connection(address, timeout=SECONDS)
        self._server.sockets.append(self._socket)

    def _send(self, kind: str, content: dict[str, Any]) -> str:
        message = uuid.uuid4().hex
        header = {"msg_id": message, "username": "", "session": "test", "msg_type": kind, "version": "5.3"}
        whole = {"header": header, "parent_header": {}, "metadata": {}, "content": content, "channel": "shell"}
        self._socket.send(json.dumps(whole))
        return message

    def _receive(self) -> dict[str, Any]:
        return json.loads(self._socket.recv())  # type: ignore[no-any-return]


class Terminal:
    """A running terminal."""

    def __init__(self, server: JupyterServer, **options: str) -> None:
        self._server = server
        answer = server.post(f"{server.root}/api/terminals", options)
        assert answer.status == 200, answer
        self.name = answer.json["name"]
        address = f"{server.root.replace('http', 'ws', 1)}/terminals/websocket/{self.name}?token={server.token}"
        self._socket = websocket.create_connection(address, timeout=SECONDS)
        self._server.sockets.append(self._socket)

    def run(self, line: str) -> str:
        """Type a line; what the command printed, whenever the shell shows its prompt or what was typed."""
        begin, end = uuid.uuid4().hex[:8], uuid.uuid4().hex[:8]
        self.type(f"echo {begin[:4]}''{begin[4:]}; {line}; echo {end[:4]}''{end[4:]}\r")
        text = self.wait_for(end)
        return text.rpartition(begin)[2].rpartition(end)[0].strip()

    def type(self, text: str) -> None:
        """Press keys."""
        self._socket.send(json.dumps(["stdin", text]))

    def wait_for(self, text: str) -> str:
        """Wait until something is shown; all that was shown until then."""
        shown, deadline = "", time.monotonic() + SECONDS
        while text not in shown:
            assert time.monotonic() < deadline, shown
            kind, *rest = json.loads(self._socket.recv())
            if kind == "stdout":
                shown += re.sub(r"\x1b\[[?0-9;]*[a-zA-Z]", "", rest[0])
        return shown

    def close(self) -> None:
        """Close the terminal, as its tab does."""
        self._server.request("DELETE", f"{self._server.root}/api/terminals/{self.name}")
        self._socket.close()
