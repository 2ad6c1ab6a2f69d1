"""Threads for peers that open onnxruntime sessions without options."""

from functools import partial
from typing import Any


def limit_onnxruntime(threads: int) -> None:
    """Let every session opened from now on use so many threads."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    module: Any = onnxruntime
    module.InferenceSession = partial(module.InferenceSession, sess_options=options)
