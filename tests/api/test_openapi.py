"""The page that describes the API."""

import json

from openapi_spec_validator import OpenAPIV31SpecValidator

from tests.api.desk import Desk


async def test_the_page_is_valid_openapi_and_names_every_route(desk: Desk) -> None:
    answer = await desk.call("GET", "/api/openapi.json")
    page = answer.json()

    OpenAPIV31SpecValidator(page).validate()
    described = {(method.upper(), path) for path, operations in page["paths"].items() for method in operations}
    assert described == {(route.method, route.path) for route in desk.api.routes}
    assert page["paths"]["/api/v1/me"]["get"]["security"] == [{"session": []}, {"token": []}]
    assert page["paths"]["/api/v1/tokens"]["post"]["security"] == [{"session": []}]
    assert page["paths"]["/api/v1/visitor/poll"]["post"]["security"] == [{"visitor": []}]


async def test_the_page_says_what_a_route_takes_and_tells(desk: Desk) -> None:
    page = (await desk.call("GET", "/api/openapi.json")).json()

    listing = page["paths"]["/api/v1/conversations"]["get"]
    narrowing = ["tag", "priority", "reason", "field", "value"]
    assert [parameter["name"] for parameter in listing["parameters"]] == ["view", "before", "limit", *narrowing]
    assert not any(parameter["required"] for parameter in listing["parameters"])
    sending = page["paths"]["/api/v1/conversations/{id}/messages"]["post"]
    assert {parameter["name"] for parameter in sending["parameters"]} == {"id", "Idempotency-Key"}
    told = sending["responses"]["200"]["content"]["application/json"]["schema"]
    assert told == {"$ref": "#/components/schemas/Ack"}
    assert page["components"]["schemas"]["Refusal"]["required"] == ["code", "title", "detail", "status", "request_id"]


async def test_every_route_is_described_in_both_languages(desk: Desk) -> None:
    english = await desk.call("GET", "/api/openapi.json", headers={"accept-language": "en"})
    chinese = await desk.call("GET", "/api/openapi.json", headers={"accept-language": "zh-CN"})

    assert english.headers["vary"] == "accept-language"
    for path, operations in json.loads(english.text)["paths"].items():
        for method, operation in operations.items():
            other = chinese.json()["paths"][path][method]["summary"]
            assert operation["summary"].isascii(), operation["summary"]
            assert not other.isascii() and other != operation["summary"], other
