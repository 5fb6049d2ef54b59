"""What the life cycles share: where the service is, waiting for a state, expecting a refusal, fetching a file.

The scripts beside it are programs of an SDK user: they know nothing of the server but its address, a token, and what
Batch AI promised. A chapter is a function; `python SCRIPT CHAPTER` runs one, and a failed assertion is a failure.
"""

import contextlib
import os
import sys
import time

import requests
from msrest.authentication import BasicTokenAuthentication
from msrestazure.azure_exceptions import CloudError

ENDPOINT = os.environ["BATCHAI_ENDPOINT"]
AUTHORIZATION = f"Bearer {os.environ['BATCHAI_TOKEN']}"
SUBSCRIPTION = "11111111-2222-3333-4444-555555555555"
GROUP = "SdkGroup"

# No request of these scripts takes so long on any machine; it ends a script that would wait for ever.
PATIENCE = 60

_sleep = time.sleep


def _sleep_shortly(seconds):
    """A client that was not told when to ask again waits 30 seconds: its users would think that it hangs."""
    assert seconds <= 2, f"the client was made to wait {seconds} s between two requests"
    _sleep(seconds)


time.sleep = _sleep_shortly


def client(kind):
    """A client of the class `kind`, made as every program made its own."""
    credentials = BasicTokenAuthentication({"access_token": os.environ["BATCHAI_TOKEN"]})
    return kind(credentials, SUBSCRIPTION, base_url=ENDPOINT)


def word(state):
    """A state as text in lower case, whether the SDK made an enumeration of it or not."""
    return getattr(state, "value", state).lower()


def wait_until(what, condition):
    """Returns what `condition` answers as soon as that is true."""
    begun = time.monotonic()
    while time.monotonic() - begun < PATIENCE:
        answer = condition()
        if answer:
            return answer
        _sleep(0.02)
    raise AssertionError(f"still not so after {PATIENCE} s: {what}")


@contextlib.contextmanager
def refused(status, code=None):
    """Expects that the service refuses what happens inside; the list it gives holds the error's body afterwards."""
    body = []
    try:
        yield body
    except CloudError as error:
        assert error.status_code == status, f"{error.status_code} instead of {status}: {error}"
        body.append(error.response.json()["error"])
        assert code is None or body[0]["code"] == code, body[0]
        assert len(body[0]["message"].split()) > 1, body[0]
    else:
        raise AssertionError(f"it was not refused with {status}")


def download(url, first=None):
    """Fetches a file as a browser would: without a token. With `first`, from that byte on."""
    headers = {} if first is None else {"Range": f"bytes={first}-"}
    answer = requests.get(url, headers=headers, timeout=PATIENCE)
    expected = 200 if first is None else 206
    assert answer.status_code == expected, f"{answer.status_code}: {answer.text}"
    return answer.content


def sizes_of(pages):
    """How much is on each page of a list."""
    sizes = []
    with contextlib.suppress(StopIteration):
        while True:
            sizes.append(len(pages.advance_page()))
    return sizes


def run(chapters):
    """Runs the chapter that the command line names."""
    by_name = {chapter.__name__: chapter for chapter in chapters}
    by_name[sys.argv[1]]()
