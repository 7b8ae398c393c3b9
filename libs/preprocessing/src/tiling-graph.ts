import { encodeModel, GraphBuilder, type Value } from '@tessera/onnx';

/**
 * The graph that resizes an RGB image to its tile grid and cuts it into tiles, on uint8 throughout.
 *
 * Inputs: `image` uint8 [1, height, width, 3]; `first_shape` int64 [4], where a first resize ends: the target, or the
 * image with only its height resized; `resized_shape` int64 [4] = [1, 3, rows*size, columns*size]; `grid_shape` int64 [5]
 * = [3, rows, size, columns, size]. Output: `tiles` uint8 [rows*columns, 3, size, size], row-major.
 *
 * The resize has the parameters of Pillow's bicubic (`Image.resize`): antialiased, Keys cubic with a = -0.5, weights
 * outside the image dropped, one side after the other with 8-bit values between ({@link chooseFirstPass} says which
 * side is first; ONNX Runtime's own order is width, then height). It stays within 2 levels of Pillow. ONNX Runtime
 * implements antialias on uint8 only.
 *
 * Colours are separated first: moving single colour bytes about is ten times slower in any later place.
 */
export function buildTilingGraph(tileSizePixels: number): Uint8Array {
  const graph = new GraphBuilder('tiling');
  const image = graph.input('image', 'uint8', [1, 'height', 'width', 3]);
  const firstShape = graph.input('first_shape', 'int64', [4]);
  const resizedShape = graph.input('resized_shape', 'int64', [4]);
  const gridShape = graph.input('grid_shape', 'int64', [5]);
  const planes = emitTranspose(graph, 'planes', image, [0, 3, 1, 2]);
  const first = emitResize(graph, 'resized_first', planes, firstShape);
  const resized = emitResize(graph, 'resized', first, resizedShape);
  const grid = graph.node('Reshape', [resized, gridShape], { name: 'grid' });
  const cut = emitTranspose(graph, 'cut', grid, [1, 3, 0, 2, 4]);
  const tileShape = graph.int64s('tile_shape', [-1, 3, tileSizePixels, tileSizePixels]);
  graph.node('Reshape', [cut, tileShape], { name: 'tiles' });
  graph.output('tiles', 'uint8', ['tiles', 3, tileSizePixels, tileSizePixels]);
  return encodeModel(graph);
}

function emitTranspose(graph: GraphBuilder, name: string, input: Value, axes: readonly number[]): Value {
  return graph.node('Transpose', [input], { name, attributes: { perm: { ints: axes } } });
}

function emitResize(graph: GraphBuilder, name: string, input: Value, shape: Value): Value {
  return graph.node('Resize', [input, '', '', shape], {
    name,
    attributes: {
      antialias: { int: 1 },
      mode: { string: 'cubic' },
      cubic_coeff_a: { float: -0.5 },
      exclude_outside: { int: 1 },
      coordinate_transformation_mode: { string: 'half_pixel' },
    },
  });
}
