"""Makes events.tfevents beside it with TensorBoard's own code: python3 make_golden_events.py (tensorboard 2.21)."""

import os

from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import HistogramProto, Summary
from tensorboard.summary.writer.record_writer import RecordWriter

os.chdir(os.path.dirname(os.path.abspath(__file__)))


def scalar(time, step, tag, value):
    return Event(wall_time=time, step=step, summary=Summary(value=[Summary.Value(tag=tag, simple_value=value)]))


image = Summary.Image(height=2, width=300, colorspace=3, encoded_image_string=b"not really a PNG")
events = [
    Event(wall_time=1600000000.5, file_version="brain.Event:2"),
    scalar(1600000001.5, 0, "loss/G", 0.0),
    scalar(1600000002.5, 1, "loss/G", 0.1),
    scalar(1600000003.5, 2**40, "Verlust \u00e9", -float("inf")),
    Event(wall_time=1600000004.5, step=3, summary=Summary(value=[Summary.Value(tag="samples", image=image)])),
    # What this project does not write, and must read past.
    Event(
        wall_time=1600000005.5,
        step=4,
        summary=Summary(value=[Summary.Value(tag="weights", histo=HistogramProto(min=0, max=1, num=2))]),
    ),
]
with open("events.tfevents", "wb") as file:
    writer = RecordWriter(file)
    for event in events:
        writer.write(event.SerializeToString())
    writer.flush()
