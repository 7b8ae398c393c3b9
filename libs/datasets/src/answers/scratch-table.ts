import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ScratchFailedError } from '../run/errors.js';
import { DigestIndex } from './digest-index.js';
import { RecordLog } from './record-log.js';

const PUTS_AT_ONCE = 1000;

type Entry<Value> = readonly [digest: string, value: Value];

/** JSON by digests, on the disk for as long as a run takes; in memory there is only where it is. */
export class ScratchTable<Value> {
  private readonly places = new DigestIndex();
  private log: Promise<RecordLog> | undefined;

  /** @param folder is made when it is needed, and removed at the end */
  constructor(private readonly folder: string) {}

  async get(digest: string): Promise<Value | undefined> {
    const offset = this.places.get(digest);
    if (offset === undefined) return undefined;
    const text = await (await this.open()).read({ digest, offset });
    return text === undefined ? undefined : (JSON.parse(text) as Value);
  }

  put(digest: string, value: Value): Promise<void> {
    return this.putAll([[digest, value]]);
  }

  async putAll(entries: Iterable<Entry<Value>> | AsyncIterable<Entry<Value>>): Promise<void> {
    let count = 0;
    for await (const [digest, value] of entries) {
      await this.add(digest, value);
      count += 1;
      if (count % PUTS_AT_ONCE === 0) await this.writing(async () => (await this.open()).flush());
    }
  }

  async close(): Promise<void> {
    if (this.log === undefined) return;
    await (await this.log).close();
    await rm(this.folder, { recursive: true, force: true });
  }

  private add(digest: string, value: Value): Promise<void> {
    return this.writing(async () => {
      const log = await this.open();
      this.places.set(digest, log.append(digest, JSON.stringify(value)));
    });
  }

  private async writing(write: () => Promise<void>): Promise<void> {
    try {
      await write();
    } catch (cause) {
      throw new ScratchFailedError(this.folder, cause);
    }
  }

  private open(): Promise<RecordLog> {
    this.log ??= mkdir(this.folder, { recursive: true }).then(() =>
      RecordLog.create(join(this.folder, 'records')),
    );
    return this.log;
  }
}
