import { encodeModel, GraphBuilder } from '@tessera/onnx';

/**
 * The graph that resizes an RGB image to its tile grid and cuts it into tiles, on uint8 throughout.
 *
 * Inputs: `image` uint8 [1, height, width, 3]; `resized_shape` int64 [4] = [1, rows*size, columns*size, 3];
 * `grid_shape` int64 [5] = [rows, size, columns, size, 3]. Output: `tiles` uint8 [rows*columns, 3, size, size], row-major.
 *
 * The resize has the parameters of Pillow's bicubic (`Image.resize`): antialiased, Keys cubic with a = -0.5, weights
 * outside the image dropped. It stays within 2 levels of Pillow. ONNX Runtime implements antialias on uint8 only.
 */
export function buildTilingGraph(tileSizePixels: number): Uint8Array {
  const graph = new GraphBuilder('tiling');
  const image = graph.input('image', 'uint8', [1, 'height', 'width', 3]);
  const resizedShape = graph.input('resized_shape', 'int64', [4]);
  const gridShape = graph.input('grid_shape', 'int64', [5]);
  const resized = graph.node('Resize', [image, '', '', resizedShape], {
    name: 'resized',
    attributes: {
      antialias: { int: 1 },
      mode: { string: 'cubic' },
      cubic_coeff_a: { float: -0.5 },
      exclude_outside: { int: 1 },
      coordinate_transformation_mode: { string: 'half_pixel' },
    },
  });
  const cut = graph.node('Reshape', [resized, gridShape], { name: 'cut' });
  const planar = graph.node('Transpose', [cut], {
    name: 'planar',
    attributes: { perm: { ints: [0, 2, 4, 1, 3] } },
  });
  const tileShape = graph.int64s('tile_shape', [-1, 3, tileSizePixels, tileSizePixels]);
  graph.node('Reshape', [planar, tileShape], { name: 'tiles' });
  graph.output('tiles', 'uint8', ['tiles', 3, tileSizePixels, tileSizePixels]);
  return encodeModel(graph);
}
