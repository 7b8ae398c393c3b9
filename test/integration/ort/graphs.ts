import { encodeModel, GraphBuilder, MICROSOFT_DOMAIN } from '@tessera/onnx';

/** y = x * 2 over float32 [rows, 4]. */
export function doublingModel(): Uint8Array {
  const graph = new GraphBuilder('doubling');
  const x = graph.input('x', 'float32', ['rows', 4]);
  graph.node('Mul', [x, graph.constant('two', 'float32', [], Float32Array.of(2))], { name: 'y' });
  graph.output('y', 'float32', ['rows', 4]);
  return encodeModel(graph);
}

/** The matrix x multiplied `times` times by itself, scaled down so that it stays finite: work that takes a while. */
export function powerModel(size: number, times: number): Uint8Array {
  const graph = new GraphBuilder('power');
  const x = graph.input('x', 'float32', [size, size]);
  const scale = graph.constant('scale', 'float32', [], Float32Array.of(1 / size));
  let power = x;
  for (let step = 0; step < times; step++) {
    const product = graph.node('MatMul', [power, x], { name: `product.${step}` });
    power = graph.node('Mul', [product, scale], { name: step + 1 === times ? 'y' : `scaled.${step}` });
  }
  graph.output('y', 'float32', [size, size]);
  return encodeModel(graph);
}

/** One GroupQueryAttention node: 2 heads of 16 values, a cache of 8 positions. */
export function attentionModel(): Uint8Array {
  const graph = new GraphBuilder('attention');
  const cacheDims = ['batch', 2, 'capacity', 16];
  const inputs = [
    graph.input('query', 'float32', ['batch', 'sequence', 32]),
    graph.input('key', 'float32', ['batch', 'sequence', 32]),
    graph.input('value', 'float32', ['batch', 'sequence', 32]),
    graph.input('past_key', 'float32', cacheDims),
    graph.input('past_value', 'float32', cacheDims),
    graph.input('last_positions', 'int32', ['batch']),
    graph.input('total_length', 'int32', []),
  ];
  graph.nodeWithOutputs('GroupQueryAttention', inputs, ['context', 'present_key', 'present_value'], {
    name: 'attention',
    domain: MICROSOFT_DOMAIN,
    attributes: { num_heads: { int: 2 }, kv_num_heads: { int: 2 } },
  });
  graph.output('context', 'float32', ['batch', 'sequence', 32]);
  graph.output('present_key', 'float32', cacheDims);
  graph.output('present_value', 'float32', cacheDims);
  return encodeModel(graph);
}
