"""What a provider may answer at most: no body larger than asked for is ever held, packed ones are not unpacked.

An answer that is cut here counts as one that was lost on the way (`httpx.ReadError`). Clients that use this ask for
`Accept-Encoding: identity`, since what a packed body unpacks to has no bound.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

import httpx


def bound_answers(most: int) -> Callable[[httpx.Response], Awaitable[None]]:
    """A response hook for `httpx.AsyncClient`: bodies end with an error where they grow over `most` bytes."""

    async def bound(answer: httpx.Response) -> None:
        if answer.headers.get("content-encoding", "identity") != "identity":
            raise httpx.ReadError("the answer is packed, which nobody asked for")
        assert isinstance(answer.stream, httpx.AsyncByteStream)
        answer.stream = _Counted(answer.stream, most)

    return bound


class _Counted(httpx.AsyncByteStream):
    """A body that ends with an error where it grows too large."""

    def __init__(self, body: httpx.AsyncByteStream, most: int) -> None:
        self._body = body
        self._most = most

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size = 0
        async for chunk in self._body:
            size += len(chunk)
            if size > self._most:
                raise httpx.ReadError(f"the answer is larger than {self._most} bytes")
            yield chunk

    async def aclose(self) -> None:
        await self._body.aclose()
