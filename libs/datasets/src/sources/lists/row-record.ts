import { posix } from 'node:path';
import type { ColumnValue, FilePlace, SourceRecord } from '../../source.js';
import type { KeySet } from '../key-set.js';
import { missingImage } from '../missing-image.js';
import type { SourceOptions } from '../source-options.js';
import { imageColumnsOf } from './image-column.js';
import { imageReference } from './image-reference.js';
import type { ListRow } from './list-row.js';

/** Digits of a row's number in its key: keys sort as rows do, up to a billion. */
const NUMBER_DIGITS = 9;

export interface RowContext {
  readonly list: FilePlace;
  /** Path of the list below the folder of the dataset. */
  readonly listName: string;
  /** What keys that are numbers begin with. */
  readonly keyPrefix: string;
  /** From 0. */
  readonly number: number;
  readonly keys: KeySet;
  /** Whether keys are paths of images below the folder of the dataset. */
  readonly hasPathKeys: boolean;
  readonly options: Pick<SourceOptions, 'imageColumn' | 'keyColumn' | 'allowLocalFiles'>;
}

/** The record of a row: where its image is, or why there is none. */
export function rowRecord(row: ListRow, context: RowContext): SourceRecord {
  const { list, options } = context;
  const numberKey = `${context.keyPrefix}${String(context.number).padStart(NUMBER_DIGITS, '0')}`;
  if (row.kind === 'bad') {
    return {
      key: uniqueKey(numberKey, context),
      path: '',
      image: missingImage(row.code, `${row.at}: ${row.reason}`),
      columns: {},
    };
  }
  const { columns } = row;
  const { path, image } = findImage(row, { list, options });
  const key = keyOf(row, path, context);
  return {
    key: uniqueKey(key ?? numberKey, context),
    path: path ?? '',
    image: key === undefined && options.keyColumn !== undefined ? withoutKey(row, options.keyColumn) : image,
    columns,
  };
}

type Row = Extract<ListRow, { kind: 'row' }>;

function findImage(
  { at, columns, bytes }: Row,
  { list, options }: Pick<RowContext, 'list' | 'options'>,
): { path?: string; image: SourceRecord['image'] } {
  const candidates = imageColumnsOf(Object.keys(columns), options);
  for (const column of candidates) {
    const held = bytes?.get(column);
    const path = pathIn(columns[column]);
    if (held !== undefined)
      return { ...(path === undefined ? {} : { path }), image: { kind: 'bytes', bytes: held } };
    if (path !== undefined) {
      return {
        path,
        image: imageReference(path, { list, allowLocalFiles: options.allowLocalFiles ?? true }),
      };
    }
  }
  return {
    image: missingImage('missing_required_parameter', `${at}: ${whyNone(candidates, columns, options)}`),
  };
}

/** A text, or the path of an object as Hugging Face has it. */
function pathIn(value: ColumnValue | undefined): string | undefined {
  const text = isObject(value) ? value['path'] : value;
  return typeof text === 'string' && text !== '' ? text : undefined;
}

function isObject(value: ColumnValue | undefined): value is Readonly<Record<string, ColumnValue>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function whyNone(
  candidates: readonly string[],
  columns: Row['columns'],
  { imageColumn }: Pick<SourceOptions, 'imageColumn'>,
): string {
  const [candidate] = candidates;
  if (candidate !== undefined) return `the column ${candidate} names no image`;
  return missingColumn(Object.keys(columns), imageColumn);
}

/** What is wrong with columns of which none can name an image. */
export function missingColumn(columns: readonly string[], imageColumn: string | undefined): string {
  const what =
    imageColumn === undefined
      ? 'no column is known to name images; say which does'
      : `there is no column ${imageColumn}`;
  return `${what}. Columns: ${columns.join(', ')}`;
}

/** Undefined where a row has none of its own. */
function keyOf({ columns }: Row, path: string | undefined, context: RowContext): string | undefined {
  const { options, hasPathKeys, listName } = context;
  if (options.keyColumn !== undefined) {
    const value = columns[options.keyColumn];
    const isKey = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
    return isKey && value !== '' ? String(value) : undefined;
  }
  return hasPathKeys && path !== undefined ? posix.join(posix.dirname(listName), path) : undefined;
}

function withoutKey({ at }: Row, keyColumn: string): SourceRecord['image'] {
  return missingImage('missing_required_parameter', `${at}: the column ${keyColumn} has no key`);
}

function uniqueKey(key: string, { keys, number, hasPathKeys, options }: RowContext): string {
  const areNumbers = options.keyColumn === undefined && !hasPathKeys;
  return areNumbers ? key : keys.unique(key, number);
}
