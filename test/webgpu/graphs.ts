import { encodeModel, GraphBuilder } from '@tessera/onnx';

/** `cache` float32 [slots, 2, 3] with `row` in place of its row `target`. */
export function moveRowModel(): Uint8Array {
  const graph = new GraphBuilder('move_row');
  const cache = graph.input('cache', 'float32', ['slots', 2, 3]);
  const row = graph.input('row', 'float32', [1, 2, 3]);
  const target = graph.input('target', 'int64', [1, 1]);
  graph.node('ScatterND', [cache, target, row], { name: 'updated' });
  graph.output('updated', 'float32', ['slots', 2, 3]);
  return encodeModel(graph);
}

/** Arithmetic on int64, which WebGPU has no numbers for. */
export function integerModel(): Uint8Array {
  const graph = new GraphBuilder('integers');
  const x = graph.input('x', 'int64', [4]);
  graph.node('Add', [x, x], { name: 'y' });
  graph.output('y', 'int64', [4]);
  return encodeModel(graph);
}
