import { type AnyTensor, type ElementType, type OrtRuntime, type Session } from '@tessera/ort';
import { RowMover } from './row-mover.js';
import { type RowPair, type RowRange, type TensorMemory } from './tensor-memory.js';

/** Memory of a device that is reached through whole buffers only (WebGPU): graphs of its own move rows. */
export class OpaqueMemory implements TensorMemory {
  readonly viewsAnyRow = false;
  private readonly movers = new Map<string, Promise<RowMover>>();

  constructor(
    private readonly runtime: OrtRuntime,
    private readonly session: Session,
  ) {}

  allocate<T extends ElementType>(elementType: T, dims: readonly number[]): Promise<AnyTensor<T>> {
    return this.runtime.allocateOn(this.session, elementType, dims);
  }

  async moveRows(pairs: readonly RowPair[], rows: RowRange): Promise<void> {
    const [first] = pairs;
    if (first === undefined) return;
    const mover = await this.moverFor(first.to.elementType, pairs.length);
    await mover.move(pairs, rows);
  }

  dispose(): void {
    for (const mover of this.movers.values()) void mover.then((loaded) => loaded.dispose());
  }

  private moverFor(elementType: ElementType, pairCount: number): Promise<RowMover> {
    const key = `${elementType} ${pairCount}`;
    const known = this.movers.get(key);
    if (known !== undefined) return known;
    const mover = RowMover.load(this.runtime, { device: this.session.device.id, elementType, pairCount });
    this.movers.set(key, mover);
    return mover;
  }
}
