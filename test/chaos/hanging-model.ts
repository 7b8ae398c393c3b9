import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { convertModel } from '@tessera/converter';
import { GraphBuilder, writeModel } from '@tessera/onnx';
import { findRepositoryRoot } from '@tessera/testing';

/** Boxes that the endless operator compares with each other: minutes of one thread that nothing interrupts. */
const BOX_COUNT = 400_000;

interface Manifest {
  readonly tiles: { readonly size_pixels: number; readonly tokens_per_tile: number };
  readonly language_model: { readonly hidden_size: number };
  readonly files: Record<string, { bytes: number; sha256: string }>;
}

/**
 * Converts the small model into `directory` and gives it a vision encoder that sees nothing, and that on an all-white
 * picture computes one operator for minutes.
 */
export async function writeHangingModel(directory: string): Promise<void> {
  await convertModel({
    source: path.join(findRepositoryRoot(), 'models', 'tessera-tiny'),
    output: directory,
  });
  const manifestFile = path.join(directory, 'tessera.json');
  const manifest = JSON.parse(await readFile(manifestFile, 'utf8')) as Manifest;
  await Promise.all(['vision.onnx', 'vision.onnx.data'].map((name) => rm(path.join(directory, name))));
  await writeModel(visionGraph(manifest), directory, 'vision');
  delete manifest.files['vision.onnx.data'];
  const { size } = await stat(path.join(directory, 'vision.onnx'));
  // Only read back by people.
  manifest.files['vision.onnx'] = { bytes: size, sha256: '' };
  await writeFile(manifestFile, JSON.stringify(manifest));
}

function visionGraph({ tiles, language_model: { hidden_size: hiddenSize } }: Manifest): GraphBuilder {
  const { size_pixels: size, tokens_per_tile: tokensPerTile } = tiles;
  const graph = new GraphBuilder('vision');
  const input = graph.input('tiles', 'uint8', ['tiles', 3, size, size]);
  const floats = graph.node('Cast', [input], { name: 'floats', attributes: { to: { int: 1 } } });
  // A run may hold tiles of other pictures as well: one white tile is enough.
  const darkest = graph.node('ReduceMin', [floats, graph.int64s('pixel_axes', [1, 2, 3])], {
    name: 'darkest',
    attributes: { keepdims: { int: 0 } },
  });
  const whitest = graph.node('ReduceMax', [darkest], {
    name: 'whitest',
    attributes: { keepdims: { int: 0 } },
  });
  const white = graph.constant('white', 'float32', [], new Float32Array([255]));
  const isWhite = graph.node('Equal', [whitest, white], { name: 'is_white' });
  const flag = graph.node('Cast', [isWhite], { name: 'flag', attributes: { to: { int: 7 } } });
  const boxCount = graph.constant('box_count', 'int64', [], BigInt64Array.of(BigInt(BOX_COUNT)));
  const count = graph.node('Mul', [flag, boxCount], { name: 'count' });
  const kept = compareBoxes(graph, count);
  const nothing = graph.node('Mul', [kept, graph.constant('zero', 'float32', [], new Float32Array([0]))], {
    name: 'nothing',
  });
  const tileCount = graph.node('Shape', [input], {
    name: 'tile_count',
    attributes: { start: { int: 0 }, end: { int: 1 } },
  });
  const shape = graph.node('Concat', [tileCount, graph.int64s('row_shape', [tokensPerTile, hiddenSize])], {
    name: 'shape',
    attributes: { axis: { int: 0 } },
  });
  graph.node('Expand', [nothing, shape], { name: 'image_features' });
  graph.output('image_features', 'float32', ['tiles', tokensPerTile, hiddenSize]);
  return graph;
}

/** How many of `count` boxes that do not overlap are kept: all, found by comparing each with each. */
function compareBoxes(graph: GraphBuilder, count: ReturnType<GraphBuilder['node']>) {
  const integer = (name: string, value: number) =>
    graph.constant(name, 'int64', [], BigInt64Array.of(BigInt(value)));
  const indices = graph.node('Range', [integer('first', 0), count, integer('step', 1)], { name: 'indices' });
  const left = graph.node('Cast', [indices], { name: 'left', attributes: { to: { int: 1 } } });
  const half = graph.constant('half', 'float32', [], new Float32Array([0.5]));
  const right = graph.node('Add', [left, half], { name: 'right' });
  const top = graph.node('Sub', [left, left], { name: 'top' });
  const bottom = graph.node('Add', [top, half], { name: 'bottom' });
  const corner = (name: string, value: typeof left) =>
    graph.node('Unsqueeze', [value, graph.int64s(`${name}/axes`, [0, 2])], { name });
  const boxes = graph.node(
    'Concat',
    [corner('y1', top), corner('x1', left), corner('y2', bottom), corner('x2', right)],
    { name: 'boxes', attributes: { axis: { int: 2 } } },
  );
  const scores = graph.node('Unsqueeze', [left, graph.int64s('score_axes', [0, 1])], { name: 'scores' });
  const most = graph.int64s('most', [BOX_COUNT]);
  const overlap = graph.constant('overlap', 'float32', [1], new Float32Array([0.5]));
  const kept = graph.node('NonMaxSuppression', [boxes, scores, most, overlap], { name: 'kept' });
  const size = graph.node('Size', [kept], { name: 'kept_count' });
  return graph.node('Cast', [size], { name: 'kept_float', attributes: { to: { int: 1 } } });
}
