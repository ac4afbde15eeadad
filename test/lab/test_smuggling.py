# SPDX-License-Identifier: Apache-2.0
"""Requests that two readers could take apart differently: no pod ever reads a second one."""

import contextlib

import pytest

import wait
from lab_fixtures import opened
from origin import Origin
from raw_http import Connection, request

HOST = "Host: shop.example.com\r\n"
MARK = "smuggled"
INNER = f"GET /blog/{MARK} HTTP/1.1\r\n{HOST}\r\n"
RESET = b"reset"


def post(*fields, body=""):
    """A POST to pod api with these framing fields."""
    return f"POST /api/ HTTP/1.1\r\n{HOST}" + "".join(f"{field}\r\n" for field in fields) + \
        f"\r\n{body}"


def coded(value, *fields):
    """A chunked message, if only a reader takes this line for chunked; else INNER is a request."""
    return post(*fields, f"Transfer-Encoding: {value}", body=f"0\r\n\r\n{INNER}")


def length(value):
    return post(f"Content-Length: {value}", body=f"hello{INNER}")


LONG = len(INNER) + 5
HEADS = {
    "CL.TE": post("Content-Length: 6", "Transfer-Encoding: chunked", body=f"0\r\n\r\nG{INNER}"),
    "TE.CL": post("Transfer-Encoding: chunked", "Content-Length: 4",
                  body=f"{len(INNER):x}\r\n{INNER}\r\n0\r\n\r\n"),
    "CL.TE with length of all": post(f"Content-Length: {LONG}", "Transfer-Encoding: chunked",
                                     body=f"0\r\n\r\n{INNER}"),
    "TE in capitals and CL": post("CONTENT-LENGTH: 6", "TRANSFER-ENCODING: CHUNKED",
                                  body=f"0\r\n\r\nG{INNER}"),
    "unknown TE and CL": coded("xchunked", f"Content-Length: {LONG}"),
    "empty TE and CL": coded("", f"Content-Length: {LONG}"),
    "TE xchunked": coded("xchunked"),
    "TE twice in a list": coded("chunked, chunked"),
    "TE chunked, identity": coded("chunked, identity"),
    "TE identity, chunked": coded("identity, chunked"),
    "TE identity": coded("identity"),
    "TE gzip, chunked": coded("gzip, chunked"),
    "TE gzip": coded("gzip"),
    "TE in quotes": coded('"chunked"'),
    "TE with parameter": coded("chunked;q=1"),
    "TE behind vertical tab": coded("\vchunked"),
    "TE behind form feed": coded("\fchunked"),
    "TE in front of vertical tab": coded("chunked\v"),
    "TE with NUL": coded("chunked\0"),
    "TE empty": coded(""),
    "TE comma": coded(","),
    "TE folded": post("Transfer-Encoding:\r\n chunked", body=f"0\r\n\r\n{INNER}"),
    "TE folded behind value": post("Transfer-Encoding: chunked\r\n , x", body=f"0\r\n\r\n{INNER}"),
    "TE behind bare CR": post("X: y\rTransfer-Encoding: chunked", body=f"0\r\n\r\n{INNER}"),
    "TE behind bare LF": post("X: y\nTransfer-Encoding: chunked", body=f"0\r\n\r\n{INNER}"),
    "TE with space before colon": post("Transfer-Encoding : chunked", body=f"0\r\n\r\n{INNER}"),
    "TE with tab before colon": post("Transfer-Encoding\t: chunked", body=f"0\r\n\r\n{INNER}"),
    "TE behind space": post(" Transfer-Encoding: chunked", body=f"0\r\n\r\n{INNER}"),
    "TE without colon": post("Transfer-Encoding chunked", body=f"0\r\n\r\n{INNER}"),
    "TE name with NUL": post("Transfer-Encoding\0: chunked", body=f"0\r\n\r\n{INNER}"),
    "TE in two lines": post("Transfer-Encoding: chunked", "Transfer-Encoding: chunked",
                            body=f"0\r\n\r\n{INNER}"),
    "TE in two lines, one other": post("Transfer-Encoding: chunked", "Transfer-Encoding: x",
                                       body=f"0\r\n\r\n{INNER}"),
    "TE in HTTP/1.0": coded("chunked", "Connection: keep-alive").replace("HTTP/1.1", "HTTP/1.0", 1),
    "CL twice, differing": post("Content-Length: 5", f"Content-Length: {LONG}",
                                body=f"hello{INNER}"),
    "CL twice, equal": post("Content-Length: 5", "Content-Length: 5", body=f"hello{INNER}"),
    "CL list": length("5, 5"),
    "CL list, differing": length(f"5, {LONG}"),
    "CL with plus": length("+5"),
    "CL negative": length("-5"),
    "CL in hex": length("0x5"),
    "CL with letters": length("5a"),
    "CL with fraction": length("5.0"),
    "CL with space inside": length("5 5"),
    "CL with underscore": length("5_0"),
    "CL in quotes": length('"5"'),
    "CL empty": length(""),
    "CL of 2^63": length(str(1 << 63)),
    "CL of 2^64 + 5": length(str((1 << 64) + 5)),
    "CL of 2^32 times 2^64": length(str(1 << 96)),
    "CL with vertical tab": length("\v5"),
    "CL with space before colon": post("Content-Length : 5", body=f"hello{INNER}"),
    "CL folded": post("Content-Length:\r\n 5", body=f"hello{INNER}"),
    "CL behind bare LF": post("X: y\nContent-Length: 5", body=f"hello{INNER}"),
    "CL without colon": post("Content-Length 5", body=f"hello{INNER}"),
    "head of bare LF": post("Content-Length: 5", body=f"hello{INNER}").replace("\r\n", "\n"),
    "empty line of bare LF": f"GET /api/ HTTP/1.1\r\n{HOST}\n{INNER}",
    "request line of bare LF": f"GET /api/ HTTP/1.1\n{HOST}\r\n{INNER}",
    "request line of bare CR": f"GET /api/ HTTP/1.1\r{HOST}\r\n{INNER}",
    "two hosts": f"GET /api/ HTTP/1.1\r\n{HOST}Host: other.example.com\r\n\r\n{INNER}",
    "LF in the target": f"GET /api/\nX HTTP/1.1\r\n{HOST}\r\n{INNER}",
    "second request in the target": f"GET /api/ HTTP/1.1 GET /blog/{MARK} HTTP/1.1\r\n{HOST}\r\n",
}


def chunks(text):
    return post("Transfer-Encoding: chunked", body=text)


def after_size(text):
    """A first chunk with this size line's end; a lenient reader would find INNER behind it."""
    return chunks(f"5{text}hello\r\n0\r\n\r\n{INNER}")


CHUNKS = {
    "size with 0x": chunks(f"0x5\r\nhello\r\n0\r\n\r\n{INNER}"),
    "size with plus": chunks(f"+5\r\nhello\r\n0\r\n\r\n{INNER}"),
    "size with minus": chunks(f"-5\r\nhello\r\n0\r\n\r\n{INNER}"),
    "size behind space": chunks(f" 5\r\nhello\r\n0\r\n\r\n{INNER}"),
    "size behind tab": chunks(f"\t5\r\nhello\r\n0\r\n\r\n{INNER}"),
    "size of 17 digits": chunks(f"00000000000000005\r\nhello\r\n0\r\n\r\n{INNER}"),
    "size of 2^64 + 5": chunks(f"10000000000000005\r\nhello\r\n0\r\n\r\n{INNER}"),
    "size of 2^63": chunks(f"8000000000000000\r\nhello\r\n0\r\n\r\n{INNER}"),
    "size of 300 digits": chunks(f"{'0' * 300}5\r\nhello\r\n0\r\n\r\n{INNER}"),
    "size with underscore": chunks(f"0_5\r\nhello\r\n0\r\n\r\n{INNER}"),
    "size with h": chunks(f"5h\r\nhello\r\n0\r\n\r\n{INNER}"),
    "no size": chunks(f"\r\nhello\r\n0\r\n\r\n{INNER}"),
    "size missing before extension": chunks(f";a=b\r\nhello\r\n0\r\n\r\n{INNER}"),
    "two sizes": after_size(" 5\r\n"),
    "size line of bare LF": after_size("\n"),
    "size line of bare CR": after_size("\r"),
    "size line of CR CR LF": after_size("\r\r\n"),
    "NUL behind size": after_size("\0\r\n"),
    "vertical tab behind size": after_size("\v\r\n"),
    "extension with bare LF": after_size(";a\nb\r\n"),
    "extension with bare CR": after_size(";a\rb\r\n"),
    "extension of bare LF": after_size(";a\n"),
    "extension with NUL": after_size(";a\0b\r\n"),
    "extension of 5 KiB": after_size(f";{'a' * 5120}\r\n"),
    "extensions of 20 KiB": chunks("".join(f"1;{'a' * 1000}\r\nx\r\n" for _ in range(20)) +
                                   f"0\r\n\r\n{INNER}"),
    "data longer than size": chunks(f"4\r\nhello\r\n0\r\n\r\n{INNER}"),
    "data without line end": chunks(f"5\r\nhello0\r\n\r\n{INNER}"),
    "data with bare LF": chunks(f"5\r\nhello\n0\r\n\r\n{INNER}"),
    "data with bare CR": chunks(f"5\r\nhello\r0\r\n\r\n{INNER}"),
    "data with LF CR": chunks(f"5\r\nhello\n\r0\r\n\r\n{INNER}"),
    "last chunk of bare LF": chunks(f"0\n\r\n{INNER}"),
    "last line of bare LF": chunks(f"0\r\n\n{INNER}"),
    "last line of bare CR": chunks(f"0\r\n\r{INNER}"),
    "trailer of bare LF": chunks(f"0\r\nX: y\n\r\n{INNER}"),
    "trailer with bare CR": chunks(f"0\r\nX: y\rz\r\n\r\n{INNER}"),
    "trailer with NUL": chunks(f"0\r\nX: y\0z\r\n\r\n{INNER}"),
    "trailer folded": chunks(f"0\r\nX: y\r\n z\r\n\r\n{INNER}"),
    "trailer without colon": chunks(f"0\r\n{INNER}"),
    "trailer with space before colon": chunks(f"0\r\nX : y\r\n\r\n{INNER}"),
    "trailer behind space": chunks(f"0\r\n X: y\r\n\r\n{INNER}"),
    "trailer of 10 KiB": chunks(f"0\r\nX: {'y' * 10240}\r\n\r\n{INNER}"),
}

# Every reader agrees on these: one request to pod api, then one to pod blog.
GOOD = {
    "trailer with Content-Length": chunks("5\r\nhello\r\n0\r\nContent-Length: 500\r\n\r\n"),
    "trailer with Transfer-Encoding": chunks("5\r\nhello\r\n0\r\nTransfer-Encoding: x\r\n\r\n"),
    "trailer with Host": chunks("5\r\nhello\r\n0\r\nHost: other.example.com\r\n\r\n"),
    "space behind size": chunks("5 \t\r\nhello\r\n0\r\n\r\n"),
    "size of 16 digits": chunks("0000000000000005\r\nhello\r\n0\r\n\r\n"),
    "last chunk of many noughts": chunks("5\r\nhello\r\n0000\r\n\r\n"),
    "capital digits": chunks(f"A\r\n{'x' * 10}\r\na\r\n{'x' * 10}\r\n0\r\n\r\n"),
    "quoted extension": chunks('5;a="b;c";d\r\nhello\r\n0\r\n\r\n'),
    "TE in capitals": post("TRANSFER-ENCODING: CHUNKED", body="5\r\nhello\r\n0\r\n\r\n"),
    "TE with white space": post("Transfer-Encoding: \t chunked \t", body="5\r\nhello\r\n0\r\n\r\n"),
    "CL with white space": post("Content-Length: \t 5 \t", body="hello"),
    "CL with noughts": post("Content-Length: 0005", body="hello"),
    "CL.0": post(f"Content-Length: {len(INNER)}", body=INNER),
    "GET with body": f"GET /api/ HTTP/1.1\r\n{HOST}Content-Length: {len(INNER)}\r\n\r\n{INNER}",
    "request as a chunk": chunks(f"{len(INNER):x}\r\n{INNER}\r\n0\r\n\r\n"),
    "request in an extension": chunks(f"5;GET /blog/{MARK} HTTP/1.1\r\nhello\r\n0\r\n\r\n"),
    "X-Transfer-Encoding": post("X-Transfer-Encoding: chunked", "Content-Length: 5", body="hello"),
}


@pytest.fixture(scope="module")
def pods():
    with opened() as make, contextlib.ExitStack() as stack:
        lab = make()
        lab.origins = {pod.name: stack.enter_context(Origin(pod)) for pod in lab.pods}
        lab.write_shop()
        lab.agent.start()
        yield lab


@pytest.fixture
def origins(pods):
    for entry in pods.origins.values():
        entry.forget()
    return pods.origins


@pytest.fixture(params=["first", "later"])
def connection(request, pods, origins, web):
    """A new one, or one that has been to two pods."""
    with Connection(pods["client"], web, timeout=5) as made:
        if request.param == "later":
            assert made.ask("/before").pod == "frontend"
            assert made.ask("/api/before").pod == "api"
        yield made


def outcome(connection, text):
    """What the client reads up to the end; RESET if it is not a proper end."""
    read = []
    try:
        connection.send(text.encode("latin-1"))
        connection.stream.read_to_end(read.append)
    except ConnectionError:
        read.append(RESET)
    return b"".join(read)


def pods_see_nothing(origins):
    for name, entry in origins.items():
        assert MARK.encode() not in entry.raw, f"{name}: {entry.lines}"


@pytest.mark.parametrize("form", HEADS)
def test_a_head_of_two_readings_is_refused(connection, origins, form):
    seen = outcome(connection, HEADS[form])
    assert seen.startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 501 ")), seen
    assert seen.count(b"HTTP/1.1 ") == 1
    pods_see_nothing(origins)
    assert all(path == "/api/before" for path in origins["api"].paths), "the head reached a pod"


@pytest.mark.parametrize("form", CHUNKS)
def test_a_bad_chunk_resets_the_connection(connection, origins, form):
    seen = outcome(connection, CHUNKS[form])
    assert seen == RESET or seen.startswith(b"HTTP/1.1 400 "), seen
    pods_see_nothing(origins)
    assert all("before" in path or path == "/api/" for entry in origins.values()
               for path in entry.paths)


@pytest.mark.parametrize("form", GOOD)
def test_a_message_of_one_reading_passes(connection, origins, form):
    before = len(origins["api"].paths)
    connection.send(GOOD[form].encode("latin-1") + request("/blog/next"))
    assert [connection.reply().pod for _ in range(2)] == ["api", "blog"]
    assert origins["api"].paths[before:] == ["/api/"]
    assert origins["blog"].paths == ["/blog/next"]


def test_a_bad_chunk_resets_the_pod_too(connection, origins):
    head, mark, rest = CHUNKS["size with 0x"].partition("\r\n\r\n")
    connection.send((head + mark).encode())
    wait.until(lambda: "/api/" in origins["api"].paths, "the head at the pod")
    connection.send(rest.encode())
    assert origins["api"].wait_for_ends(1) == ["ECONNRESET"]


@pytest.mark.parametrize("form", ["size line of bare LF", "data longer than size",
                                  "data with bare LF", "last line of bare LF"])
def test_a_bad_chunk_in_a_segment_of_its_own_is_found(connection, origins, form):
    head, mark, rest = CHUNKS[form].partition("\r\n\r\n")
    pieces = [head + mark] + [rest[index:index + 1] for index in range(12)] + [rest[12:]]
    connection.send_at_once()
    try:
        for piece in pieces:
            connection.send(piece.encode())
        seen = outcome(connection, "")
    except ConnectionError:
        seen = RESET
    assert seen == RESET
    pods_see_nothing(origins)
