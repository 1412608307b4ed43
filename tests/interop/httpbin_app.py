"""httpbin, with two things mended that keep its Digest from being asked as real programs ask.

It adds the query's bytes to a text and falls over wherever there is a query, and it takes nothing but GET there. How it
reads and checks an answer is left as it is.
"""

import flask
from httpbin import app


class Text(str):
    """A query that is text where httpbin adds it to one, and bytes to those who decode it."""

    def decode(self, *_):
        return str(self)


class Request(flask.Request):
    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.query_string = Text(self.query_string.decode("latin-1"))


app.request_class = Request
for rule in app.url_map.iter_rules():
    if rule.rule.startswith("/digest-auth/"):
        rule.methods.add("POST")
