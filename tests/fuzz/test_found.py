"""What fuzzing found and was mended, each as the input that found it."""

import pytest

from app.gateway.http1 import PassingResponse
from app.model.errors import Invalid


def test_an_answer_whose_length_is_no_number_is_no_answer() -> None:
    answer = PassingResponse("GET")

    with pytest.raises(Invalid):
        answer.take(b"HTTP/1.1 200 OK\r\ncontent-length: (\r\nconnection: close\r\n\r\nok")
