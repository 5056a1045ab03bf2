"""Each request leaves one line with its id and route, and never its path."""

import httpx
import structlog

from store.kit.web.request_id import request_id


async def test_line_names_the_route_when_the_path_has_a_token(client: httpx.AsyncClient) -> None:
    with structlog.testing.capture_logs(processors=[structlog.contextvars.merge_contextvars]) as lines:
        answer = await client.get("/orders/Ab3dEf6hIj9kLm2nOp5qRs")

    (line,) = lines
    assert line["route"] == "/orders/{token}"
    assert (line["method"], line["status"]) == ("GET", 200)
    assert line["request_id"] == answer.headers["x-request-id"]
    assert "Ab3dEf6h" not in str(lines)


async def test_failure_names_the_request_when_it_is_logged(client: httpx.AsyncClient) -> None:
    with structlog.testing.capture_logs(processors=[structlog.contextvars.merge_contextvars]) as lines:
        answer = await client.get("/fail/bug")

    failed = next(line for line in lines if line["event"] == "request failed")
    assert failed["request_id"] == answer.headers["x-request-id"]
    assert isinstance(failed["exc_info"], RuntimeError)


async def test_nothing_is_written_when_a_file_is_served(client: httpx.AsyncClient) -> None:
    with structlog.testing.capture_logs() as lines:
        await client.get("/static/app.css")

    assert lines == []


async def test_id_is_gone_when_the_request_is_over(client: httpx.AsyncClient) -> None:
    await client.get("/")

    assert request_id() == ""
