"""Who attends until a moment that floats can't tell from now: time must move on, or it would attend for ever."""

import json
import socket
import threading
import time

from rig.bench_clock import BenchClock


def test_a_rest_below_a_nanosecond_still_moves_time():
    asked = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def twin():
            connection, _ = listener.accept()
            with connection, connection.makefile("rw") as talk:
                for line in talk:
                    asked.append(json.loads(line))
                    talk.write(json.dumps({"now_ns": 32_660_908_199, "delivered": {}}) + "\n")
                    talk.flush()

        thread = threading.Thread(target=twin)
        thread.start()
        clock = BenchClock(f"127.0.0.1:{listener.getsockname()[1]}", "a token", "guard", 0)
        for seconds in (7e-15, 0.0, 0.25):
            clock.attend(clock.now() + seconds, (), lambda _: False, (), wall_seconds=time.monotonic() + 5.0)
        clock.close()
        thread.join(5.0)
    untils = [one["until_ns"] for one in asked if one["op"] == "attend"]
    assert untils == [32_660_908_200, 32_660_908_199, 32_910_908_199]
