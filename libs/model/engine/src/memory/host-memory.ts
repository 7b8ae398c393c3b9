import { type AnyTensor, type ElementType, type OrtRuntime } from '@tessera/ort';
import { type RowPair, type RowRange, type TensorMemory } from './tensor-memory.js';

/** Memory of the process, which JavaScript reads and writes itself. */
export class HostMemory implements TensorMemory {
  readonly viewsAnyRow = true;

  constructor(private readonly runtime: OrtRuntime) {}

  allocate<T extends ElementType>(elementType: T, dims: readonly number[]): Promise<AnyTensor<T>> {
    return Promise.resolve(this.runtime.allocate(elementType, dims));
  }

  moveRows(pairs: readonly RowPair[], { first, count, target }: RowRange): Promise<void> {
    for (const { from, to } of pairs) {
      const [source, rowBytes] = bytesOf(from);
      const [destination] = bytesOf(to);
      destination.set(source.subarray(first * rowBytes, (first + count) * rowBytes), target * rowBytes);
    }
    return Promise.resolve();
  }

  dispose(): void {
    // Its tensors belong to whom they were given.
  }
}

/** The bytes of a tensor and how many of them a row has. */
function bytesOf(tensor: AnyTensor): [Uint8Array, number] {
  if (tensor.memoryKind === 'device') throw new TypeError('a tensor in device memory has no bytes to read');
  const { buffer, byteOffset, byteLength } = tensor.data;
  return [new Uint8Array(buffer, byteOffset, byteLength), byteLength / (tensor.dims[0] ?? 1)];
}
