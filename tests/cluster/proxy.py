# SPDX-License-Identifier: Apache-2.0
"""Stands between promoflow and the API server, records what passes, and does harm on demand.

A request goes to the real server with the rights of the administrator unless it has a token of
its own. `fault(request)` may name one of FAULTS: then that happens to this request.
"""

import http.client
import random
import ssl
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

FAULTS = {
    "refuse": "close the connection without asking the server",
    "unavailable": "answer 503 without asking the server",
    "too-many": "answer 429 with Retry-After: 0 without asking the server",
    "lose": "ask the server, and close the connection without an answer",
    "tear": "close the connection in the middle of the body",
    "truncate": "leave the second half of the body away, as if it were whole",
    "duplicate": "ask the server twice, or send each line of a watch twice",
    "delay": "hold the answer back for a while",
}
DELAY_SECONDS = 0.3
WATCH_BYTES_MAX = 20000  # A torn watch ends after at most so many bytes.


class Seen:
    """A request and what became of it."""

    def __init__(self, method, path):
        self.method = method
        self.path = path
        self.fault = None
        self.status = None  # What the client was told; None: nothing.
        self.errors = []  # Codes of errors that came as lines of a watch.

    @property
    def is_watch(self):
        return "watch=1" in self.path or "watch=true" in self.path

    def __repr__(self):
        return f"{self.method} {self.path} -> {self.status} {self.fault or ''}"


def by_chance(seed, rate, kinds=tuple(FAULTS)):
    """A `fault` that harms each request with this probability, the same way for the same seed."""
    generator, lock = random.Random(seed), threading.Lock()

    def fault(_seen):
        with lock:
            return generator.choice(kinds) if generator.random() < rate else None
    return fault


class Proxy:
    """Serves TLS at a port of its own, from `start()` to `stop()`."""

    def __init__(self, plane, target, fault=lambda seen: None, rewrite=lambda seen: seen.path):
        self.target = urlsplit(target)
        self.fault = fault  # May be changed at any time.
        self.rewrite = rewrite  # Says which path is asked for in the place of the client's.
        self.seen = []
        self.random = random.Random(1)
        self.upstream_tls = ssl.create_default_context(cafile=plane.certificates.authority)
        self.administrator = ssl.create_default_context(cafile=plane.certificates.authority)
        self.administrator.load_cert_chain(*plane.certificates.pair("admin"))
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def handle_any(self):
                proxy.handle(self)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(*plane.certificates.pair("server"))
        self.server.socket = tls.wrap_socket(self.server.socket, server_side=True,
                                             do_handshake_on_connect=False)
        self.address = f"https://127.0.0.1:{self.server.server_address[1]}"

    def start(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def stop(self):
        self.server.shutdown()
        self.server.server_close()

    def statuses(self, method=None):
        return [seen.status for seen in self.seen if method in (None, seen.method)]

    # --- one request ------------------------------------------------------------------------------

    def handle(self, client):
        seen = Seen(client.command, client.path)
        self.seen.append(seen)
        body = client.rfile.read(int(client.headers.get("Content-Length") or 0))
        seen.fault = self.fault(seen)
        try:
            if seen.fault == "refuse":
                client.close_connection = True
            elif seen.fault in ("unavailable", "too-many"):
                self.refuse(client, seen)
            else:
                self.forward(client, seen, body)
        except (OSError, http.client.HTTPException):
            client.close_connection = True  # One of the two has gone; the other learns of it.

    def refuse(self, client, seen):
        seen.status = 503 if seen.fault == "unavailable" else 429
        text = b'{"kind":"Status","apiVersion":"v1","status":"Failure","message":"by the proxy"}'
        client.send_response(seen.status)
        client.send_header("Content-Type", "application/json")
        client.send_header("Content-Length", str(len(text)))
        if seen.status == 429:
            client.send_header("Retry-After", "0")
        client.end_headers()
        client.wfile.write(text)

    def ask(self, client, seen, body):
        headers = {name: value for name, value in client.headers.items()
                   if name.lower() not in ("host", "connection", "accept-encoding", "expect")}
        if self.target.scheme == "https":
            tls = self.upstream_tls if "Authorization" in client.headers else self.administrator
            connection = http.client.HTTPSConnection(self.target.netloc, context=tls, timeout=400)
        else:
            connection = http.client.HTTPConnection(self.target.netloc, timeout=400)
        connection.request(seen.method, self.rewrite(seen), body or None, headers)
        return connection, connection.getresponse()

    def forward(self, client, seen, body):
        connection, answer = self.ask(client, seen, body)
        try:
            if seen.is_watch and answer.status == 200:
                self.forward_watch(client, seen, answer)
                return
            data = answer.read()
            if seen.fault == "duplicate":
                again, answer = self.ask(client, seen, body)
                data = answer.read()
                again.close()
            self.send(client, seen, answer, data)
        finally:
            connection.close()

    def begin(self, client, seen, answer):
        seen.status = answer.status
        client.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in ("content-length", "transfer-encoding", "connection", "date",
                                    "server"):
                client.send_header(name, value)

    def send(self, client, seen, answer, data):
        if seen.fault == "lose":
            client.close_connection = True
            return
        if seen.fault == "delay":
            time.sleep(DELAY_SECONDS)  # This is the harm; no test waits by it.
        if seen.fault == "truncate":
            data = data[:len(data) // 2]
        self.begin(client, seen, answer)
        client.send_header("Content-Length", str(len(data)))
        client.end_headers()
        if seen.fault == "tear":
            client.wfile.write(data[:len(data) // 2])
            client.close_connection = True
        else:
            client.wfile.write(data)

    def forward_watch(self, client, seen, answer):
        left = self.random.randrange(WATCH_BYTES_MAX) if seen.fault in ("tear", "lose") else None
        self.begin(client, seen, answer)
        client.send_header("Transfer-Encoding", "chunked")
        client.end_headers()
        client.wfile.flush()
        for line in answer:
            if b'"type":"ERROR"' in line:
                seen.errors.append(line.decode(errors="replace"))
            if seen.fault == "delay":
                time.sleep(DELAY_SECONDS)
            if seen.fault == "truncate":
                line = line[:len(line) // 2] + b"\n"
                seen.fault = "truncated"  # One line only, or nothing would ever pass.
            for _ in range(2 if seen.fault == "duplicate" else 1):
                chunk = line if left is None else line[:max(left, 0)]
                if chunk:
                    client.wfile.write(b"%x\r\n%s\r\n" % (len(chunk), chunk))
                    client.wfile.flush()
                if left is not None:
                    left -= len(line)
                    if left <= 0:
                        client.close_connection = True
                        return
        client.wfile.write(b"0\r\n\r\n")
