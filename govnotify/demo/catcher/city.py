"""A city's own web site, as the demo plays it: another origin, with the platform's form in a frame and as its own."""

from aiohttp import web

_PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>City of Aldermouth</title><link rel="stylesheet" href="/style.css"><link rel="icon" href="data:,"></head>
<body><main><h1>City of Aldermouth</h1>
<p>This stands for the city's own web site. It is no part of the platform: it has copied two pieces of HTML from it.</p>
<h2>In a frame</h2>
<iframe src="{platform}/embed/aldermouth/?topics=aldermouth-waste,aldermouth-streets,aldermouth-events"
 title="Subscribe to City of Aldermouth" width="100%" height="780"></iframe>
<h2>As a form of its own</h2>
<form method="post" action="{platform}/embed/aldermouth/subscribe/">
<div><label for="email">News from the city council, by e-mail</label>
<input id="email" name="email" inputmode="email" autocomplete="email" required></div>
<input type="hidden" name="topic" value="aldermouth-council"><input type="hidden" name="back" value="{here}/city/">
<p hidden><label>Leave this empty <input name="website" tabindex="-1" autocomplete="off"></label></p>
<button>Subscribe</button></form></main></body></html>"""


def city_page(request: web.Request, platform: str) -> web.Response:
    """Says where it comes from, as pages do by default: the platform counts which site brought somebody."""
    response = web.Response(
        text=_PAGE.format(platform=platform, here=f"http://{request.host}"), content_type="text/html"
    )
    response.headers["Referrer-Policy"] = "strict-origin-when-cross-origin"
    response.headers["Content-Security-Policy"] = (
        f"default-src 'none'; style-src 'self'; img-src data:; frame-src {platform}; form-action {platform};"
        " base-uri 'none'"
    )
    return response
