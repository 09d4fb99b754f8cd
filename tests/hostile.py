"""What strangers say at a port that wants a token first."""

from rig.doorstep import greeting

REQUEST = b'{"op":"make_safe","ticket":"1"}\n{"op":"environment","ambient_celsius":-40}\n{"op":"expel"}\n'
HOSTILE = {
    "no token": REQUEST,
    "a wrong token": greeting("guess") + REQUEST,
    "the token as a number": b'{"op":"hello","token":1}\n' + REQUEST,
    "deep JSON": b"[" * 100_000 + b"\n",
    "deep JSON behind a header": b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" + b"[" * 100_000 + b"\n",
    "a web page's POST": b"POST / HTTP/1.1\r\nContent-Length: 42\r\n\r\n" + REQUEST,
    "a GET": b"GET / HTTP/1.1\r\n\r\n",
    "bytes of chance": bytes(range(256)) * 20,
    "a long line": b'{"op":"hello","token":"' + b"a" * 100_000,
    "blanks": b" " * 4096,
    "nothing at all, and a shut door": b"",
}
