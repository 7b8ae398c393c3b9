import type { SourceForm } from '@tessera/contracts';
import { basename } from 'node:path';
import type { ReadOptions, SourceRecord } from '../../source.js';
import { SourceFileError } from '../errors.js';
import { formOfName } from '../forms.js';
import { KeySet } from '../key-set.js';
import type { FileSet, FoundFile } from '../locate/file-set.js';
import { endWithDamage } from '../missing-image.js';
import { placeName } from '../place-name.js';
import { readFirst } from '../read-first.js';
import type { ListForm, OpenedSource, SourceOptions } from '../source-options.js';
import { imageColumnsOf } from './image-column.js';
import type { ListReader, ListRow } from './list-row.js';
import { readDelimited } from './read-delimited.js';
import { countParquetRows, readParquet } from './read-parquet.js';
import { readJsonLines, readText } from './read-text.js';
import { missingColumn, rowRecord } from './row-record.js';

const READERS: Readonly<Record<ListForm, ListReader>> = {
  jsonl: readJsonLines,
  csv: readDelimited(','),
  tsv: readDelimited('\t'),
  text: readText,
  parquet: readParquet,
};
/** All rows of these have the same columns. */
const TABLES: readonly ListForm[] = ['csv', 'tsv', 'parquet'];

/** Lists of images, one a row; as an ImageFolder, the image is in `file_name` and its path is its key. */
export class ListSource implements OpenedSource {
  private readonly options: SourceOptions;

  private constructor(
    private readonly files: FileSet,
    readonly form: ListForm | 'imagefolder',
    options: SourceOptions,
  ) {
    const imageColumn = form === 'imagefolder' ? 'file_name' : undefined;
    this.options = { ...options, imageColumn: options.imageColumn ?? imageColumn };
  }

  /** @throws {SourceFileError} where it is one list that cannot be read at all, or lacks a column that is asked for */
  static async open(
    files: FileSet,
    form: Exclude<SourceForm, 'images' | 'webdataset'>,
    options: SourceOptions,
  ): Promise<ListSource> {
    const source = new ListSource(files, form, options);
    if (files.onlyFile !== undefined) {
      const file = { name: basename(placeName(files.onlyFile)), place: files.onlyFile };
      await readFirst(source.rowsOf(file, options));
    }
    return source;
  }

  get uri(): string {
    return this.files.uri;
  }

  async *records(options: ReadOptions = {}): AsyncGenerator<SourceRecord> {
    const keys = new KeySet();
    for await (const file of this.files.files(this.form, options)) {
      const keyPrefix = this.files.onlyFile === undefined ? `${file.name}/` : '';
      yield* endWithDamage(this.recordsOf(file, { keys, keyPrefix, options }), keyPrefix);
    }
  }

  async knownCount(): Promise<number | undefined> {
    if (this.form !== 'parquet') return undefined;
    let count = 0;
    for await (const file of this.files.files(this.form)) count += await countParquetRows(file, this.options);
    return count;
  }

  private async *recordsOf(
    file: FoundFile,
    { keys, keyPrefix, options }: { keys: KeySet; keyPrefix: string; options: ReadOptions },
  ): AsyncGenerator<SourceRecord> {
    const hasPathKeys = this.form === 'imagefolder';
    const { place: list, name: listName } = file;
    const context = { list, listName, keyPrefix, keys, hasPathKeys, options: this.options };
    let number = 0;
    for await (const row of this.rowsOf(file, options)) {
      yield rowRecord(row, { ...context, number });
      number += 1;
    }
  }

  private async *rowsOf(file: FoundFile, { signal }: ReadOptions): AsyncGenerator<ListRow> {
    const form = this.form === 'imagefolder' ? formOfMetadata(file) : this.form;
    let isFirst = TABLES.includes(form);
    for await (const row of READERS[form](file, { ...this.options, signal })) {
      signal?.throwIfAborted();
      if (isFirst && row.kind === 'row') {
        this.checkColumns(file, Object.keys(row.columns));
        isFirst = false;
      }
      yield row;
    }
  }

  private checkColumns(file: FoundFile, columns: readonly string[]): void {
    const { imageColumn, keyColumn } = this.options;
    const list = placeName(file.place);
    if (imageColumnsOf(columns, this.options).length === 0) {
      throw new SourceFileError(list, missingColumn(columns, imageColumn));
    }
    if (keyColumn !== undefined && !columns.includes(keyColumn)) {
      throw new SourceFileError(list, missingColumn(columns, keyColumn));
    }
  }
}

function formOfMetadata({ name }: FoundFile): ListForm {
  const form = formOfName(name);
  // A file that is named by itself may be called anything.
  return form === 'csv' || form === 'parquet' ? form : 'jsonl';
}
