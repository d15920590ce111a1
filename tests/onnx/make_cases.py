"""Writes cases.json and tensors.bin from the node tests that the package onnx makes. Needs onnx and numpy.

cases.json: {"source": the package and its version,
             "tensors": [[dtype, dims, offset in tensors.bin, or -1 where values are not kept], ...],
             "cases": [case, ...]}, one tensor or case a line.
A case has name, ops, dtypes, and unless `large` is set or weft lacks one of its dtypes:
  opset   of the default domain
  rtol, atol
  inputs  [[value, tensor], ...]
  outputs [[value, tensor], ...]: what is expected
  nodes   [[op, values in, values out, attributes], ...]
Values are numbers, -1 an absent one. An attribute is a number, a text, a list of these, {"tensor": index} or
{"graph": {"inputs": values, "outputs": values, "nodes": ...}}, whose nodes may name values of the case too.
tensors.bin: little-endian values, dense and row-major; bool takes a byte. Equal tensors are kept once.
"""

import json
import pathlib
import warnings

import numpy as np
import onnx
from onnx.backend.test.case.node import collect_testcases

HERE = pathlib.Path(__file__).parent
HALVES = {"f16", "bf16"}
KEPT = {"f32", "i32", "i64", "u8", "bool"} | HALVES  # what the test reads
MOST_BYTES = 32000  # of the tensors of a case
NAMES = {"float16": "f16", "float32": "f32", "float": "f32", "float64": "f64", "double": "f64", "bfloat16": "bf16",
         "int8": "i8", "int16": "i16", "int32": "i32", "int64": "i64", "uint8": "u8", "uint16": "u16",
         "uint32": "u32", "uint64": "u64", "object": "string"}


def dtype_of(value):
    """The dtype's short name; of what is no array, its kind."""
    if isinstance(value, onnx.TensorProto):
        name = onnx.TensorProto.DataType.Name(value.data_type).lower()
        return NAMES.get(name, name)
    if isinstance(value, onnx.SequenceProto) or isinstance(value, list):
        return "sequence"
    if value is None or isinstance(value, onnx.OptionalProto):
        return "optional"
    name = str(np.asarray(value).dtype)
    return "string" if name.startswith("<U") or name.startswith("|S") else NAMES.get(name, name.replace("_", ""))


class Tensors:
    """Tensors by number, and the bytes of those that are kept."""

    def __init__(self):
        self.rows, self.blob, self.numbers, self.offsets = [], bytearray(), {}, {}

    def add(self, array):
        array = np.asarray(array)
        dtype = dtype_of(array)
        raw = array.tobytes() if dtype in KEPT else b""
        key = (dtype, array.shape, raw)
        if key not in self.numbers:
            if raw not in self.offsets:
                self.offsets[raw] = len(self.blob)
                self.blob += raw
            self.numbers[key] = len(self.rows)
            self.rows.append([dtype, list(array.shape), self.offsets[raw] if dtype in KEPT else -1])
        return self.numbers[key]


class Writer:
    """The graph of one case, its values numbered."""

    def __init__(self, tensors):
        self.tensors, self.n_values = tensors, 0

    def new(self, scope, name):
        scope[name] = self.n_values
        self.n_values += 1
        return scope[name]

    def attribute(self, attr, scope):
        value = onnx.helper.get_attribute_value(attr)
        if isinstance(value, onnx.TensorProto):
            return {"tensor": self.tensors.add(onnx.numpy_helper.to_array(value))}
        if isinstance(value, onnx.GraphProto):
            return {"graph": self.graph(value, scope)}
        if isinstance(value, bytes):
            return value.decode("latin-1")
        if isinstance(value, (int, float)):
            return value
        if isinstance(value, (list, tuple)) or type(value).__name__.startswith("Repeated"):
            return [v.decode("latin-1") if isinstance(v, bytes) else v for v in value if not hasattr(v, "ByteSize")]
        return {"other": type(value).__name__}

    def nodes(self, graph, scope):
        rows = []
        for tensor in graph.initializer:
            value = {"tensor": self.tensors.add(onnx.numpy_helper.to_array(tensor))}
            rows.append(["Constant", [], [self.new(scope, tensor.name)], {"value": value}])
        for node in graph.node:
            ins = [scope[name] if name else -1 for name in node.input]
            attrs = {a.name: self.attribute(a, scope) for a in node.attribute}
            outs = [self.new(scope, name) if name else -1 for name in node.output]
            rows.append([node.op_type, ins, outs, attrs])
        return rows

    def graph(self, graph, outer):
        scope = dict(outer)
        inputs = [self.new(scope, v.name) for v in graph.input]
        return {"inputs": inputs, "nodes": self.nodes(graph, scope), "outputs": [scope[v.name] for v in graph.output]}


def ops_of(graph):
    ops = set()
    for node in graph.node:
        ops.add(node.op_type)
        for attr in node.attribute:
            if attr.HasField("g"):
                ops |= ops_of(attr.g)
    return ops


def dtypes_of(case):
    (inputs, outputs), = case.data_sets
    return sorted({dtype_of(v) for v in [*inputs, *outputs]})


def array_of(value):
    """Cast's tests give messages, where others give arrays."""
    return onnx.numpy_helper.to_array(value) if isinstance(value, onnx.TensorProto) else np.asarray(value)


def described(case, tensors):
    graph, dtypes = case.model.graph, dtypes_of(case)
    row = {"name": case.name.removeprefix("test_"), "ops": sorted(ops_of(graph)), "dtypes": dtypes}
    if not KEPT.issuperset(dtypes):
        return row
    inputs, outputs = ([array_of(v) for v in values] for values in case.data_sets[0])
    if sum(v.nbytes for v in inputs + outputs) > MOST_BYTES:
        return row | {"large": True}
    opset = max(o.version for o in case.model.opset_import if o.domain == "") if any(
        o.domain == "" for o in case.model.opset_import) else 0
    writer, scope = Writer(tensors), {}
    names = [v.name for v in graph.input]
    given = [[writer.new(scope, name), tensors.add(v)] for name, v in zip(names, inputs, strict=True)]
    nodes = writer.nodes(graph, scope)
    expected = [[scope[v.name], tensors.add(a)] for v, a in zip(graph.output, outputs, strict=True)]
    return row | {"opset": opset, "rtol": case.rtol, "atol": case.atol, "inputs": given, "outputs": expected,
                  "nodes": nodes}


def main():
    warnings.filterwarnings("ignore")
    tensors = Tensors()
    # Floats of 16 bits come last: the numbers and offsets of the other cases' tensors do not depend on them.
    found = sorted(collect_testcases(None), key=lambda case: not HALVES.isdisjoint(dtypes_of(case)))
    cases = [described(case, tensors) for case in found]
    cases.sort(key=lambda c: c["name"])

    def lines(rows):
        return ",\n".join(json.dumps(row, separators=(",", ":")) for row in rows)

    (HERE / "cases.json").write_text('{"source":"onnx %s",\n"tensors":[\n%s],\n"cases":[\n%s]}\n'
                                     % (onnx.__version__, lines(tensors.rows), lines(cases)))
    (HERE / "tensors.bin").write_bytes(bytes(tensors.blob))
    print(len(cases), "cases,", sum("nodes" in c for c in cases), "with their graphs")


if __name__ == "__main__":
    main()
