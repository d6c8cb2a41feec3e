"""Waits until every given URL answers with success; fails when the time is over."""

import argparse
import sys
import time
import urllib.error
import urllib.request


def answers(url):
    """Whether one request succeeds, and what it said otherwise."""
    try:
        with urllib.request.urlopen(url, timeout=5) as response:
            return response.status == 200, f"status {response.status}"
    except urllib.error.HTTPError as error:
        return False, f"status {error.code}"
    except OSError as error:
        return False, str(error)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("urls", nargs="+", metavar="URL")
    options = parser.parse_args()
    deadline = time.monotonic() + options.seconds
    for url in options.urls:
        while True:
            good, said = answers(url)
            if good:
                break
            if time.monotonic() > deadline:
                sys.exit(f"wait_for: {url}: {said}")
            time.sleep(0.25)
        print(f"{url} is healthy")


if __name__ == "__main__":
    main()
