// Runs the networks of onnx_samples in onnxruntime, in batches of 7 and of 1, and compares the outputs:
//
//   NODE_PATH=build/node/node_modules node check_onnx.mjs FOLDER
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const ort = createRequire(import.meta.url)("onnxruntime-node");
const folder = process.argv[2];
const limit = 1e-5;

const product = (dims) => dims.reduce((all, size) => all * size, 1);

async function largestDifference(session, sample, count) {
  const x = Float32Array.from(sample.x.slice(0, count * product(sample.x_dims)));
  const { y } = await session.run({ x: new ort.Tensor("float32", x, [count, ...sample.x_dims]) });
  if (`${y.dims}` !== `${[count, ...sample.y_dims]}`) throw new Error(`got an output of [${y.dims}]`);
  return y.data.reduce((most, value, i) => Math.max(most, Math.abs(value - sample.y[i])), 0);
}

let failed = 0;
const samples = JSON.parse(readFileSync(join(folder, "samples.json")));
for (const [name, sample] of Object.entries(samples)) {
  try {
    const session = await ort.InferenceSession.create(join(folder, `${name}.onnx`));
    const differences = [await largestDifference(session, sample, 7), await largestDifference(session, sample, 1)];
    const good = differences.every((difference) => difference <= limit);
    failed += !good;
    console.log(good ? "ok    " : "FAILED", name.padEnd(40), ...differences.map((d) => d.toExponential(1)));
  } catch (error) {
    failed += 1;
    console.log("FAILED", name, error.message);
  }
}
console.log(`${Object.keys(samples).length - failed} networks agree, ${failed} do not`);
process.exit(failed === 0 ? 0 : 1);
