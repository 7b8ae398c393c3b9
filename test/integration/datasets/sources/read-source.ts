import { openSource, type ReadOptions, type SourceOptions, type SourceRecord } from '@tessera/datasets';
import { InputBuckets } from '@tessera/storage';

/** Reads no bucket that is not there. */
export const NO_BUCKETS = new InputBuckets({
  buckets: 'any',
  store: { kind: 'folder', directory: '/nowhere' },
  service: { endpoint: 'http://127.0.0.1:1', pathStyle: true },
});

export type TestOptions = Partial<SourceOptions> & Pick<ReadOptions, 'onUnreadable'>;

/** All records of a source, read twice: both readings must agree. */
export async function readSource(uri: string, options: TestOptions = {}): Promise<SourceRecord[]> {
  const { onUnreadable, ...sourceOptions } = options;
  const source = await openSource(uri, { buckets: NO_BUCKETS, ...sourceOptions });
  const reading = onUnreadable === undefined ? {} : { onUnreadable };
  const first = await collect(source.records(reading));
  const second = await collect(source.records(reading));
  if (JSON.stringify(first) !== JSON.stringify(second)) throw new Error('two readings do not agree');
  if (new Set(first.map(({ key }) => key)).size !== first.length) throw new Error('a key is there twice');
  return first;
}

export async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const collected: Item[] = [];
  for await (const item of items) collected.push(item);
  return collected;
}
