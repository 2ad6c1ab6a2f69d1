"""Models with other metadata."""

from __future__ import annotations

import onnx


def with_metadata(content: bytes, **entries: object) -> bytes:
    """Return a model that states these entries beside its own."""
    model = onnx.load_model_from_string(content)
    properties = {each.key: each.value for each in model.metadata_props}
    properties |= {f"fastmtcnn.{name}": str(value) for name, value in entries.items()}
    onnx.helper.set_model_props(model, properties)
    changed: bytes = model.SerializeToString()
    return changed
