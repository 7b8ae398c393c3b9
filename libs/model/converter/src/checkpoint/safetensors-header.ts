import { z } from 'zod';
import { CheckpointFileInvalidError } from '../errors/index.js';

/** Element types that weights are read from. Files may hold tensors of others, which nobody can ask for. */
export const BYTES_PER_ELEMENT = { BF16: 2, F16: 2, F32: 4 } as const;

const headerSchema = z.record(
  z.string(),
  z.object({
    dtype: z.string(),
    shape: z.array(z.int().min(0)),
    data_offsets: z.tuple([z.int().min(0), z.int().min(0)]),
  }),
);

export type TensorDataType = keyof typeof BYTES_PER_ELEMENT;

/** Where a tensor is in its file. */
export interface TensorEntry {
  /** As the file spells it. */
  readonly dataType: string;
  readonly shape: readonly number[];
  readonly offsetBytes: number;
  readonly lengthBytes: number;
}

/**
 * The tensors of a file by its JSON header: each as long as its shape, one after the other without holes or overlaps up to
 * the end, as the format has it. Throws {@link CheckpointFileInvalidError}.
 * @param dataStart where the tensors begin in the file.
 */
export function parseHeader(
  file: string,
  header: Uint8Array,
  dataStart: number,
  fileBytes: number,
): Map<string, TensorEntry> {
  const entries = Object.entries(parseJson(file, header)).map(([name, { dtype, shape, data_offsets }]) => {
    const [begin, end] = data_offsets;
    const entry = { dataType: dtype, shape, offsetBytes: dataStart + begin, lengthBytes: end - begin };
    checkEntry(file, name, entry, fileBytes);
    return [name, entry] as const;
  });
  checkLayout(file, entries, dataStart, fileBytes);
  return new Map(entries);
}

export function isReadable(dataType: string): dataType is TensorDataType {
  return Object.hasOwn(BYTES_PER_ELEMENT, dataType);
}

function parseJson(file: string, header: Uint8Array): z.infer<typeof headerSchema> {
  try {
    const json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(header)) as Record<
      string,
      unknown
    >;
    delete json['__metadata__'];
    return headerSchema.parse(json);
  } catch (cause) {
    const reason = 'its header is not the JSON that safetensors prescribes; download it again';
    throw new CheckpointFileInvalidError(file, reason, { cause });
  }
}

function checkEntry(file: string, name: string, entry: TensorEntry, fileBytes: number): void {
  const { dataType, shape, lengthBytes } = entry;
  const expected = isReadable(dataType)
    ? shape.reduce((product, dim) => product * dim, BYTES_PER_ELEMENT[dataType])
    : Math.max(0, lengthBytes);
  if (lengthBytes !== expected) {
    throw new CheckpointFileInvalidError(
      file,
      `tensor ${name} of shape [${shape.join(', ')}] needs ${expected} bytes, its entry has ${lengthBytes}`,
    );
  }
  if (entry.offsetBytes + lengthBytes > fileBytes) {
    throw new CheckpointFileInvalidError(file, `the file ends before tensor ${name} does; download it again`);
  }
}

function checkLayout(
  file: string,
  entries: readonly (readonly [name: string, entry: TensorEntry])[],
  dataStart: number,
  fileBytes: number,
): void {
  const sorted = entries.toSorted(
    ([, a], [, b]) => a.offsetBytes - b.offsetBytes || a.lengthBytes - b.lengthBytes,
  );
  let position = dataStart;
  for (const [name, { offsetBytes, lengthBytes }] of sorted) {
    if (offsetBytes !== position) {
      const fault = offsetBytes < position ? 'overlaps with the tensor before it' : 'comes after a hole';
      throw new CheckpointFileInvalidError(file, `tensor ${name} ${fault}; download it again`);
    }
    position += lengthBytes;
  }
  if (position === fileBytes) return;
  const reason = `it has ${fileBytes - position} bytes after its last tensor; download it again`;
  throw new CheckpointFileInvalidError(file, reason);
}
