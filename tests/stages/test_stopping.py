from __future__ import annotations

import os
import signal
import threading

import pytest

from hembench.stages._stopping import SIGNALS, Stop


def handlers() -> list[object]:
    return [signal.getsignal(number) for number in SIGNALS]


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_sets_a_flag_and_nothing_else_however_often_it_comes(number: int) -> None:
    before, stop = handlers(), Stop()
    with stop.listening():
        assert stop.number == 0
        for _ in range(3):
            os.kill(os.getpid(), number)
        assert stop.number == number
        os.kill(os.getpid(), signal.SIGTERM)
        assert stop.number == number, "the first one is told"
    assert handlers() == before
    assert stop.number == number


def test_the_caller_s_handlers_return_after_an_error() -> None:
    before = handlers()
    during: list[object] = []

    def fail() -> None:
        with Stop().listening():
            during.extend(handlers())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert all(one != other for one, other in zip(during, before, strict=True))
    assert handlers() == before


def test_a_signal_that_is_ignored_stays_so() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # as in a shell's background job
    try:
        stop = Stop()
        with stop.listening():
            os.kill(os.getpid(), signal.SIGINT)
            assert stop.number == 0
    finally:
        signal.signal(signal.SIGINT, before)


def test_another_thread_computes_without_listening() -> None:
    found: list[int] = []

    def compute() -> None:
        stop = Stop()
        with stop.listening():
            found.append(stop.number)

    thread = threading.Thread(target=compute)
    thread.start()
    thread.join()
    assert found == [0]
