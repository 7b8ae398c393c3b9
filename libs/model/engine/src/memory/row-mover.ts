import { encodeModel, GraphBuilder } from '@tessera/onnx';
import { type DeviceId, type ElementType, elementCount, type OrtRuntime, type Session } from '@tessera/ort';
import { type RowPair, type RowRange } from './tensor-memory.js';

export interface RowMoverOptions {
  readonly device: DeviceId;
  readonly elementType: ElementType;
  /** Pairs of tensors that one run moves rows of. */
  readonly pairCount: number;
}

/** Copies rows between device buffers by a graph, in one run for many pairs of tensors. */
export class RowMover {
  private constructor(
    private readonly runtime: OrtRuntime,
    private readonly session: Session,
  ) {}

  static async load(runtime: OrtRuntime, options: RowMoverOptions): Promise<RowMover> {
    return new RowMover(runtime, await runtime.createSession(rowMoveModel(options), options));
  }

  async move(pairs: readonly RowPair[], { first, count, target }: RowRange): Promise<void> {
    const { runtime } = this;
    const rows = runtime.tensorOf('int64', [count], consecutive(first, count));
    const targets = runtime.tensorOf('int64', [count, 1], consecutive(target, count));
    const owned: { dispose(): void }[] = [rows, targets];
    const flat = (tensor: RowPair['from']): RowPair['from'] => {
      const [rowCount = 0, ...inner] = tensor.dims;
      const view = tensor.reshaped([rowCount, elementCount(inner)]);
      owned.push(view);
      return view;
    };
    const binding = this.session.createBinding().bindInput('rows', rows).bindInput('targets', targets);
    owned.push(binding);
    try {
      for (const [index, { from, to }] of pairs.entries()) {
        const destination = flat(to);
        binding.bindInput(`from.${index}`, flat(from)).bindInput(`to.${index}`, destination);
        binding.bindOutput(`moved.${index}`, destination);
      }
      await binding.run();
    } finally {
      for (const object of owned.reverse()) object.dispose();
    }
  }

  dispose(): void {
    this.session.dispose();
  }
}

/** Every `to` [rows, width] with rows of its `from` in the places of others; the result is bound to `to` itself. */
function rowMoveModel({ elementType, pairCount }: RowMoverOptions): Uint8Array {
  const graph = new GraphBuilder('move_rows');
  const rows = graph.input('rows', 'int64', ['count']);
  const targets = graph.input('targets', 'int64', ['count', 1]);
  for (let index = 0; index < pairCount; index++) {
    const from = graph.input(`from.${index}`, elementType, [`from_rows_${index}`, `width_${index}`]);
    const toDims = [`to_rows_${index}`, `width_${index}`];
    const to = graph.input(`to.${index}`, elementType, toDims);
    const taken = graph.node('Gather', [from, rows], { name: `taken.${index}` });
    graph.node('ScatterND', [to, targets, taken], { name: `moved.${index}` });
    graph.output(`moved.${index}`, elementType, toDims);
  }
  return encodeModel(graph);
}

function consecutive(first: number, count: number): BigInt64Array {
  return BigInt64Array.from({ length: count }, (_, index) => BigInt(first + index));
}
