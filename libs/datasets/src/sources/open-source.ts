import { ImagesSource } from './images-source.js';
import { ListSource } from './lists/list-source.js';
import { FileSet } from './locate/file-set.js';
import type { OpenedSource, SourceOptions } from './source-options.js';
import { WebDatasetSource } from './tar/web-dataset-source.js';

/**
 * Opens a dataset: a file, a folder, or names with patterns (`*`, `**`, `?`, `[ab]`) and braces (`{00000..00123}`,
 * `{train,val}`), on this machine or at `s3://bucket/key`. Its form is told from the names of what is there, unless
 * `options.form` says it.
 * @throws {SourceUnusableError} where it is not there, or its form cannot be told
 * @throws {SourceFileError} where it is one file that cannot be read at all, or lacks a column that is asked for
 */
export async function openSource(uri: string, options: SourceOptions): Promise<OpenedSource> {
  const files = await FileSet.find(uri, options);
  const form = options.form ?? (await files.detectForm(options.signal));
  switch (form) {
    case 'images':
      return new ImagesSource(files);
    case 'webdataset':
      return WebDatasetSource.open(files, options);
    default:
      return ListSource.open(files, form, options);
  }
}
