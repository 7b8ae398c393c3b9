import { type AnyTensor, type ElementType, type OrtRuntime, type Session } from '@tessera/ort';
import { type RowPair, type RowRange, type TensorMemory } from './tensor-memory.js';

/** Memory of a device whose pointers are addresses: rows are views, and the device copies between them. */
export class AddressableMemory implements TensorMemory {
  readonly viewsAnyRow = true;

  constructor(
    private readonly runtime: OrtRuntime,
    private readonly session: Session,
  ) {}

  allocate<T extends ElementType>(elementType: T, dims: readonly number[]): Promise<AnyTensor<T>> {
    return this.runtime.allocateOn(this.session, elementType, dims);
  }

  async moveRows(pairs: readonly RowPair[], rows: RowRange): Promise<void> {
    await Promise.all(pairs.map((pair) => this.movePair(pair, rows)));
  }

  dispose(): void {
    // Its tensors belong to whom they were given, and the session to the engine.
  }

  private async movePair({ from, to }: RowPair, { first, count, target }: RowRange): Promise<void> {
    const source = from.rows(first, count);
    const destination = to.rows(target, count);
    try {
      await this.runtime.copy(source, destination);
    } finally {
      source.dispose();
      destination.dispose();
    }
  }
}
