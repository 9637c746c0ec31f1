// Lesson 15, second half: runs digits.onnx, written by 15_onnx, under Node.js.
//
//   npm install onnxruntime-node
//   node examples/15_onnx.mjs digits.onnx
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const ort = createRequire(import.meta.url)("onnxruntime-node");

// One digit per line: 64 pixels from 0 to 16, and the label.
const lines = readFileSync(new URL("data/digits.csv", import.meta.url), "utf8").trim().split("\n");
const label = lines[0].trim().split(",").indexOf("label");
const rows = lines.slice(1).map((line) => line.split(",").map(Number));
const digits = rows.map((row) => row[label]);
const pixels = rows.flatMap((row) => row.filter((_, column) => column !== label));

const session = await ort.InferenceSession.create(process.argv[2] ?? "digits.onnx");
const { y } = await session.run({ x: new ort.Tensor("float32", pixels, [rows.length, 64]) });

const read = digits.map((_, i) => {
  const probabilities = Array.from(y.data.slice(10 * i, 10 * (i + 1)));
  const probability = Math.max(...probabilities);
  return { digit: probabilities.indexOf(probability), probability };
});
const right = read.filter(({ digit }, i) => digit === digits[i]).length;
console.log(`digits read: ${(right / rows.length).toFixed(4)}`);
for (const [i, { digit, probability }] of read.slice(0, 3).entries())
  console.log(`digit ${i}: a ${digit}, with probability ${probability.toFixed(3)}`);
