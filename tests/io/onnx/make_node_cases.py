# Writes the node cases of ONNX's own backend test as models of one input:  python3 make_node_cases.py FOLDER
#
# The other inputs of a case become constants. cases.txt has a line for each case: its name, the tolerances, and the
# rank and dimensions of input and output; NAME.x and NAME.y hold the values as float32. A case without numbers has no
# dimensions.
import pathlib
import sys
import warnings

import numpy as np

for name, kind in {"bool": bool, "int": int, "float": float, "object": object}.items():
    if name not in np.__dict__:  # the scripts of ONNX 1.12 still use these
        setattr(np, name, kind)
warnings.filterwarnings("ignore")

import onnx
import onnx.numpy_helper
from onnx.backend.test.case.node import collect_testcases

folder = pathlib.Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)


def numbers(value, value_info):
    """Returns the value as an array, or None if it has no numbers."""
    value = np.asarray(value) if isinstance(value, (np.ndarray, np.generic)) else None
    if value is None or value.dtype.kind not in "fiub":
        return None
    if value_info.type.tensor_type.elem_type == onnx.TensorProto.BFLOAT16 and value.dtype == np.uint16:
        return (value.astype(np.uint32) << 16).view(np.float32)
    return value


def as_model_of_one_input(model, values):
    inputs = list(model.graph.input)
    for value_info, value in zip(inputs[1:], values[1:]):
        constant = numbers(value, value_info)
        if constant is not None:
            model.graph.initializer.append(onnx.numpy_helper.from_array(constant, value_info.name))
            model.graph.input.remove(value_info)
    return model


lines = []
for case in collect_testcases(None):
    inputs, outputs = case.data_sets[0]
    x = numbers(inputs[0], case.model.graph.input[0]) if inputs else None
    y = numbers(outputs[0], case.model.graph.output[0]) if outputs else None
    dims = [(), ()]
    if x is not None and y is not None and x.ndim > 0 and x.size > 0:
        dims = [x.shape, y.shape]
        x.astype("<f4").tofile(folder / f"{case.name}.x")
        y.astype("<f4").tofile(folder / f"{case.name}.y")
    model = onnx.ModelProto()
    model.CopyFrom(case.model)
    onnx.save(as_model_of_one_input(model, inputs), str(folder / f"{case.name}.onnx"))
    words = [case.name, case.rtol, case.atol] + [word for sizes in dims for word in (len(sizes), *sizes)]
    lines.append(" ".join(map(str, words)) + "\n")
(folder / "cases.txt").write_text("".join(lines))
