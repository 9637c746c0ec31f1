# Runs the model checker of ONNX on every .onnx in a folder:  python3 check_onnx.py FOLDER
import pathlib
import sys

import onnx
import onnx.checker

files = sorted(pathlib.Path(sys.argv[1]).glob("*.onnx"))
assert files, "no .onnx files in " + sys.argv[1]
for file in files:
    try:
        onnx.checker.check_model(onnx.load(str(file)), full_check=True)
    except Exception as error:
        sys.exit(f"{file.name}: {error}")
print(f"{len(files)} files are valid")
