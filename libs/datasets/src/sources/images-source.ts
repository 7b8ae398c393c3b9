import type { ReadOptions, SourceRecord } from '../source.js';
import type { FileSet } from './locate/file-set.js';
import { placeName } from './place-name.js';
import type { OpenedSource } from './source-options.js';

/** Image files, below a folder or named by a pattern. */
export class ImagesSource implements OpenedSource {
  readonly form = 'images';

  constructor(private readonly files: FileSet) {}

  get uri(): string {
    return this.files.uri;
  }

  async *records(options: ReadOptions = {}): AsyncGenerator<SourceRecord> {
    for await (const { name, place } of this.files.files('images', options)) {
      yield { key: name, path: placeName(place), image: place, columns: {} };
    }
  }

  async knownCount(): Promise<undefined> {
    return undefined;
  }
}
