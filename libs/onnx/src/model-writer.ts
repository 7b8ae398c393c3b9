import { open, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { create, toBinary } from '@bufbuild/protobuf';
import { type GraphProto, ModelProtoSchema, type TensorProto } from './generated/onnx_pb.js';
import { type GraphBuilder, MICROSOFT_DOMAIN } from './graph-builder.js';
import { externalTensorProto } from './protos.js';

const IR_VERSION = 10n;
const OPSET_VERSION = 21n;
/** ONNX Runtime maps external data into memory; offsets on page boundaries let it do so without copying. */
const WEIGHT_ALIGNMENT_BYTES = 4096;

export interface WriteProgress {
  weightsWritten: number;
  weightCount: number;
  bytesWritten: number;
}

/** Bytes of a model whose graph has no external weights. */
export function encodeModel(builder: GraphBuilder): Uint8Array {
  return encodeGraph(builder.build());
}

/**
 * Writes `<directory>/<name>.onnx` and, when the graph has external weights, `<name>.onnx.data`.
 * One weight is in memory at a time. Returns the names of the files written.
 */
export async function writeModel(
  builder: GraphBuilder,
  directory: string,
  name: string,
  onProgress: (progress: WriteProgress) => void = () => {},
): Promise<string[]> {
  const modelFile = `${name}.onnx`;
  const dataFile = `${modelFile}.data`;
  const graph = builder.build();
  if (builder.weights.length > 0) {
    graph.initializer.push(...(await writeWeights(builder, path.join(directory, dataFile), onProgress)));
  }
  await writeFile(path.join(directory, modelFile), encodeGraph(graph), { flush: true });
  return builder.weights.length > 0 ? [modelFile, dataFile] : [modelFile];
}

async function writeWeights(
  builder: GraphBuilder,
  file: string,
  onProgress: (progress: WriteProgress) => void,
): Promise<TensorProto[]> {
  const handle = await open(file, 'wx');
  const tensors: TensorProto[] = [];
  let end = 0;
  try {
    for (const weight of builder.weights) {
      const bytes = await weight.load();
      const offsetBytes = Math.ceil(end / WEIGHT_ALIGNMENT_BYTES) * WEIGHT_ALIGNMENT_BYTES;
      await writeFully(handle, bytes, offsetBytes);
      tensors.push(
        externalTensorProto(weight, {
          file: path.basename(file),
          offsetBytes,
          lengthBytes: bytes.byteLength,
        }),
      );
      end = offsetBytes + bytes.byteLength;
      onProgress({ weightsWritten: tensors.length, weightCount: builder.weights.length, bytesWritten: end });
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
  return tensors;
}

async function writeFully(
  handle: Awaited<ReturnType<typeof open>>,
  bytes: Uint8Array,
  position: number,
): Promise<void> {
  for (let written = 0; written < bytes.byteLength;) {
    const result = await handle.write(bytes, written, bytes.byteLength - written, position + written);
    written += result.bytesWritten;
  }
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
