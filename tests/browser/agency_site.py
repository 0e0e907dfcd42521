"""An agency's own web site on another host: pages with our form in a frame, and with a form of its own."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Ministry of Water</title>
<meta name="viewport" content="width=device-width, initial-scale=1"></head>
<body><main><h1>The Brook is rising</h1>{body}</main></body></html>"""
FRAME = '<iframe src="{server}/embed/water/?{query}" title="Subscribe" width="100%" height="900"></iframe>'
FORM = """<form method="post" action="{server}/embed/water/subscribe/">
<label><input type="checkbox" name="topic" value="floods"> Flood warnings</label>
<label>Your e-mail address <input name="email"></label>
<p hidden><label>Leave this empty <input name="website"></label></p>
<input type="hidden" name="back" value="{site}/news/"><button>Subscribe</button></form>"""


@contextmanager
def agency_site(server: str) -> Iterator[str]:
    """Serves /frame/, /frame-top/, /form/ and /news/ at the origin that is given; `server` is ours.

    By the other name of this machine, so that a browser takes the two for different sites.
    """

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            site = f"http://{self.headers['Host']}"
            bodies = {
                "/frame/": FRAME.format(server=server, query="topics=floods,drought"),
                "/frame-top/": FRAME.format(server=server, query="topics=floods&target=top"),
                "/form/": FORM.format(server=server, site=site),
                "/news/": "<p>All the news.</p>",
            }
            body = bodies.get(self.path)
            content = PAGE.format(body=body or "").encode()
            self.send_response(200 if body else 404)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    other_name = "127.0.0.1" if "//localhost" in server else "localhost"
    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=httpd.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://{other_name}:{httpd.server_port}"
    finally:
        httpd.shutdown()
        thread.join()
        httpd.server_close()
