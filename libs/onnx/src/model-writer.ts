import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { create, toBinary } from '@bufbuild/protobuf';
import { createHash } from 'node:crypto';
import { type GraphProto, ModelProtoSchema, type TensorProto } from './generated/onnx_pb.js';
import { type GraphBuilder, MICROSOFT_DOMAIN } from './graph-builder.js';
import { externalTensors, type WeightProgress, writeWeights } from './weight-file.js';

const IR_VERSION = 10n;
const OPSET_VERSION = 21n;

/** A file that was written, with its SHA-256 in hexadecimal. */
export interface WrittenFile {
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** Bytes of a model whose graph has no external weights. */
export function encodeModel(builder: GraphBuilder): Uint8Array {
  return encodeGraph(builder.build());
}

/**
 * Writes `<directory>/<name>.onnx` and, when the graph has weights of its own, `<name>.onnx.data`. Weights that it borrows
 * are referred to in their lender's data file, which may be written before or after.
 * Weights pass through memory piece by piece. Throws {@link WeightLengthError} for a weight whose bytes do not fill its
 * shape.
 */
export async function writeModel(
  builder: GraphBuilder,
  directory: string,
  name: string,
  onProgress: (progress: WeightProgress) => void = () => {},
): Promise<WrittenFile[]> {
  const { weights } = builder;
  const dataFile = dataFileOf(name);
  const files = weights.length > 0 ? [await writeWeights(weights, directory, dataFile, onProgress)] : [];
  const graph = builder.build();
  graph.initializer.push(...externalTensors(weights, dataFile), ...borrowedTensors(builder));
  const bytes = encodeGraph(graph);
  await writeFile(path.join(directory, modelFileOf(name)), bytes, { flush: true });
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return [{ name: modelFileOf(name), bytes: bytes.byteLength, sha256 }, ...files];
}

function borrowedTensors({ lender, borrowedWeights }: GraphBuilder): TensorProto[] {
  if (lender === undefined) return [];
  const lent = externalTensors(lender.graph.weights, dataFileOf(lender.modelName));
  return lent.filter(({ name }) => borrowedWeights.has(name));
}

function modelFileOf(name: string): string {
  return `${name}.onnx`;
}

function dataFileOf(name: string): string {
  return `${modelFileOf(name)}.data`;
}

function encodeGraph(graph: GraphProto): Uint8Array {
  const model = create(ModelProtoSchema, {
    irVersion: IR_VERSION,
    producerName: 'tessera',
    opsetImport: [
      { domain: '', version: OPSET_VERSION },
      { domain: MICROSOFT_DOMAIN, version: 1n },
    ],
    graph,
  });
  return toBinary(ModelProtoSchema, model);
}
