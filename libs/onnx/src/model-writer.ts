import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { create, toBinary } from '@bufbuild/protobuf';
import { createHash } from 'node:crypto';
import { type GraphProto, ModelProtoSchema } from './generated/onnx_pb.js';
import { type GraphBuilder, MICROSOFT_DOMAIN } from './graph-builder.js';
import { type WeightProgress, writeWeights } from './weight-file.js';

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
 * Writes `<directory>/<name>.onnx` and, when the graph has external weights, `<name>.onnx.data`.
 * Weights pass through memory piece by piece. Throws {@link WeightLengthError} for a weight whose bytes do not fill its
 * shape.
 */
export async function writeModel(
  builder: GraphBuilder,
  directory: string,
  name: string,
  onProgress: (progress: WeightProgress) => void = () => {},
): Promise<WrittenFile[]> {
  const modelFile = `${name}.onnx`;
  const graph = builder.build();
  const files: WrittenFile[] = [];
  if (builder.weights.length > 0) {
    const { file, tensors } = await writeWeights(builder.weights, directory, `${modelFile}.data`, onProgress);
    graph.initializer.push(...tensors);
    files.push(file);
  }
  const bytes = encodeGraph(graph);
  await writeFile(path.join(directory, modelFile), bytes, { flush: true });
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return [{ name: modelFile, bytes: bytes.byteLength, sha256 }, ...files];
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
