"""The campus site: a WSGI program that counts visits in a ZODB shared over ZEO."""

import argparse
import html

import BTrees.Length
import transaction
import ZEO
import ZODB
import ZODB.POSException
from waitress import serve

PAGE = """<!doctype html>
<title>Campus</title>
<h1>Welcome to the campus</h1>
<p>You are visitor <strong>{count}</strong>.</p>
<p>Served by {name}.</p>
"""


def address(text):
    """Split `host:port`."""
    host, _, port = text.rpartition(":")
    return host, int(port)


class Site:
    """Answers `/` with a page that counts, `/about` with one that caches may keep, `/health` with the storage's state."""

    def __init__(self, database, name):
        self.database = database
        self.name = name

    def __call__(self, environ, start_response):
        path = environ.get("PATH_INFO", "/")
        if path == "/health":
            return self.health(start_response)
        if path == "/about":
            body = "<!doctype html>\n<title>About</title>\n<p>A university's web site.</p>\n"
            return self.answer(start_response, "200 OK", body, "public, max-age=60")
        if path != "/":
            return self.answer(start_response, "404 Not Found", "<!doctype html>\n<p>No such page.</p>\n")
        body = PAGE.format(count=self.count(), name=html.escape(self.name))
        return self.answer(start_response, "200 OK", body)

    def answer(self, start_response, status, body, caching="no-store"):
        """Begin the response and return its body."""
        data = body.encode()
        start_response(status, [
            ("Content-Type", "text/html; charset=utf-8"),
            ("Content-Length", str(len(data))),
            ("Cache-Control", caching),
            ("X-Instance", self.name),
        ])
        return [data]

    def health(self, start_response):
        """Healthy means that the storage server can be reached."""
        connected = self.database.storage.is_connected()
        status = "200 OK" if connected else "503 Service Unavailable"
        return self.answer(start_response, status, "ok\n" if connected else "no storage\n")

    def count(self):
        """Count one visit; instances that count at the same moment are merged by the counter itself."""
        for attempt in range(5):
            connection = self.database.open(transaction.TransactionManager())
            try:
                root = connection.root()
                if "visits" not in root:
                    root["visits"] = BTrees.Length.Length()
                root["visits"].change(1)
                connection.transaction_manager.commit()
                return root["visits"]()
            except ZODB.POSException.ConflictError:
                connection.transaction_manager.abort()
                if attempt == 4:
                    raise
            finally:
                connection.transaction_manager.abort()
                connection.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--listen", type=address, required=True, metavar="HOST:PORT")
    parser.add_argument("--storage", type=address, required=True, metavar="HOST:PORT", help="the ZEO server")
    parser.add_argument("--name", default="instance", help="shown on the page and in the X-Instance header")
    options = parser.parse_args()
    database = ZEO.DB(options.storage, wait_timeout=30)
    host, port = options.listen
    serve(Site(database, options.name), host=host, port=port, threads=4, ident="campus")


if __name__ == "__main__":
    main()
