import { basename } from 'node:path';
import type { ReadOptions, SourceRecord, SourceShard } from '../../source.js';
import { ByteWindow } from '../bytes/byte-window.js';
import { openRandomAccess } from '../bytes/random-access.js';
import { stemOf } from '../forms.js';
import { KeySet } from '../key-set.js';
import type { FileSet, FoundFile } from '../locate/file-set.js';
import { endWithDamage } from '../missing-image.js';
import { placeName } from '../place-name.js';
import { readFirst } from '../read-first.js';
import type { OpenedSource, SourceOptions } from '../source-options.js';
import { sampleRecord } from './sample-record.js';
import { readTarSamples } from './tar-samples.js';

/** Read at a time, for headers and what lies near: a request to S3 takes longer than these bytes. */
const WINDOW_BYTES = { file: 16 * 1024, s3: 256 * 1024 } as const;

/** Tars of WebDataset. Images stay where they are: a record says which bytes of the tar are its image. */
export class WebDatasetSource implements OpenedSource {
  readonly form = 'webdataset';

  private constructor(
    private readonly files: FileSet,
    private readonly options: SourceOptions,
  ) {}

  /** @throws {SourceFileError} where it is one tar that cannot be read at all */
  static async open(files: FileSet, options: SourceOptions): Promise<WebDatasetSource> {
    const source = new WebDatasetSource(files, options);
    if (files.onlyFile !== undefined) {
      const file = { name: basename(placeName(files.onlyFile)), place: files.onlyFile };
      await readFirst(source.recordsOf(file, options));
    }
    return source;
  }

  get uri(): string {
    return this.files.uri;
  }

  async *records(options: ReadOptions = {}): AsyncGenerator<SourceRecord> {
    for await (const { records } of this.shards(options)) yield* records;
  }

  async *shards(options: ReadOptions = {}): AsyncGenerator<SourceShard> {
    const names = new Set<string>();
    for await (const file of this.files.files('webdataset', options)) {
      const shard = stemOf(file.name);
      const name = uniqueName(shard.replaceAll('/', '_'), names);
      yield { name, records: endWithDamage(this.recordsOf(file, options), `${shard}/`) };
    }
  }

  async knownCount(): Promise<undefined> {
    return undefined;
  }

  private async *recordsOf(file: FoundFile, { signal }: ReadOptions): AsyncGenerator<SourceRecord> {
    const { place, name } = file;
    const tar = await openRandomAccess(place, { buckets: this.options.buckets, signal });
    const keys = new KeySet();
    let number = 0;
    try {
      const window = new ByteWindow(tar, WINDOW_BYTES[place.kind]);
      for await (const sample of readTarSamples({ name: placeName(place), bytes: tar.bytes, window })) {
        signal?.throwIfAborted();
        const key = `${stemOf(name)}/${keys.unique(sample.key, number)}`;
        yield sampleRecord(sample, { key, tar: place, tarName: name, imageColumn: this.options.imageColumn });
        number += 1;
      }
    } finally {
      await tar.close();
    }
  }
}

function uniqueName(wanted: string, names: Set<string>): string {
  let name = wanted;
  for (let number = 2; names.has(name); number += 1) name = `${wanted}-${number}`;
  names.add(name);
  return name;
}
