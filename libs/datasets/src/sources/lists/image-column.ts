import { IMAGE_COLUMNS, type SourceOptions } from '../source-options.js';

/** Columns that may name the image of a row, the first of them that is not null does. */
export function imageColumnsOf(
  columns: readonly string[],
  { imageColumn }: Pick<SourceOptions, 'imageColumn'>,
): string[] {
  const wanted = imageColumn === undefined ? IMAGE_COLUMNS : [imageColumn];
  return wanted.filter((name) => columns.includes(name));
}
