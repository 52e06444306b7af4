/**
 * Writes a small ONNX file (IR 8, opset 13): a chain of dense layers with tanh between them. Protocol buffers are written by hand: a field is
 * its number and wire type, then a varint, or a length and bytes (onnx/onnx.proto3).
 */
export interface DenseLayer {
  readonly inputs: number;
  readonly outputs: number;
  /** By input, then output. */
  readonly weights: Float32Array;
  readonly bias: Float32Array;
}

const FLOAT = 1;
const TENSOR_RAW_DATA = 9;

/** A model with the input `features` [n, inputs] and the output `log` [n, outputs]. */
export function onnxOf(layers: readonly DenseLayer[], producer: string): Uint8Array {
  const nodes: Uint8Array[] = [];
  const initializers: Uint8Array[] = [];
  let value = "features";
  for (const [index, layer] of layers.entries()) {
    const isLast = index === layers.length - 1;
    const out = isLast ? "log" : `dense${index}`;
    initializers.push(tensor(`w${index}`, [layer.inputs, layer.outputs], layer.weights));
    initializers.push(tensor(`b${index}`, [layer.outputs], layer.bias));
    nodes.push(node("Gemm", [value, `w${index}`, `b${index}`], [out]));
    if (!isLast) nodes.push(node("Tanh", [out], [`tanh${index}`]));
    value = isLast ? out : `tanh${index}`;
  }
  const graph = concat([
    ...nodes.map((one) => bytesField(1, one)),
    textField(2, "fuel-residual"),
    ...initializers.map((one) => bytesField(5, one)),
    bytesField(11, valueInfo("features", layers[0]?.inputs ?? 0)),
    bytesField(12, valueInfo("log", layers.at(-1)?.outputs ?? 0)),
  ]);
  const opset = concat([textField(1, ""), varintField(2, 13)]);
  return concat([varintField(1, 8), textField(2, producer), bytesField(7, graph), bytesField(8, opset)]);
}

function node(type: string, inputs: readonly string[], outputs: readonly string[]): Uint8Array {
  return concat([
    ...inputs.map((name) => textField(1, name)),
    ...outputs.map((name) => textField(2, name)),
    textField(3, `${type}_${outputs[0]}`),
    textField(4, type),
  ]);
}

function tensor(name: string, dims: readonly number[], data: Float32Array): Uint8Array {
  const raw = new Uint8Array(data.length * 4);
  const view = new DataView(raw.buffer);
  for (const [index, value] of data.entries()) view.setFloat32(index * 4, value, true);
  return concat([
    ...dims.map((dim) => varintField(1, dim)),
    varintField(2, FLOAT),
    textField(8, name),
    bytesField(TENSOR_RAW_DATA, raw),
  ]);
}

/** A matrix of floats with any number of rows. */
function valueInfo(name: string, width: number): Uint8Array {
  const dims = concat([bytesField(1, textField(2, "n")), bytesField(1, varintField(1, width))]);
  const tensorType = concat([varintField(1, FLOAT), bytesField(2, dims)]);
  return concat([textField(1, name), bytesField(2, bytesField(1, tensorType))]);
}

function varintField(field: number, value: number): Uint8Array {
  return concat([varint(field << 3), varint(value)]);
}

function textField(field: number, text: string): Uint8Array {
  return bytesField(field, new TextEncoder().encode(text));
}

function bytesField(field: number, bytes: Uint8Array): Uint8Array {
  return concat([varint((field << 3) | 2), varint(bytes.length), bytes]);
}

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  for (let left = value; ; left = Math.floor(left / 128)) {
    if (left < 128) return Uint8Array.from([...bytes, left]);
    bytes.push((left % 128) | 128);
  }
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
