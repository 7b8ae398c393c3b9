import { type ApiKeyRecord } from '@tessera/contracts';
import { type Logger } from '@tessera/observability';
import { inBatches, parseApiKeyRecord, RecordInvalidError } from '@tessera/queue';
import { ObjectNotFoundError, type ObjectStore } from '@tessera/storage';
import { isKeyId } from './key-text.js';

const PREFIX = 'api-keys/';
const SUFFIX = '.json';
const CONCURRENT_READS = 16;

/** The records of API keys in the object store, which has the truth about them. */
export class StoredKeys {
  constructor(
    private readonly objectStore: ObjectStore,
    private readonly logger: Logger,
  ) {}

  async write(record: ApiKeyRecord): Promise<void> {
    await this.objectStore.put(objectKeyOf(record.id), Buffer.from(JSON.stringify(record)));
  }

  /** Undefined where there is none. @throws {RecordInvalidError} */
  async read(id: string): Promise<ApiKeyRecord | undefined> {
    try {
      const bytes = await this.objectStore.get(objectKeyOf(id));
      return parseApiKeyRecord(Buffer.from(bytes).toString('utf8'));
    } catch (error) {
      if (error instanceof ObjectNotFoundError) return undefined;
      throw error;
    }
  }

  async delete(id: string): Promise<void> {
    await this.objectStore.delete(objectKeyOf(id));
  }

  /** All records, some at a time. One that is damaged is logged and left out: it must not lock everybody out. */
  async *readAll(): AsyncGenerator<ApiKeyRecord[]> {
    for await (const ids of inBatches(this.listIds(), CONCURRENT_READS)) {
      const records = await Promise.all(ids.map((id) => this.readIfValid(id)));
      yield records.filter((record) => record !== undefined);
    }
  }

  private async readIfValid(id: string): Promise<ApiKeyRecord | undefined> {
    try {
      return await this.read(id);
    } catch (err) {
      if (!(err instanceof RecordInvalidError)) throw err;
      this.logger.error({ err, keyId: id }, 'the record of an API key cannot be read; the key does not work');
      return undefined;
    }
  }

  private async *listIds(): AsyncGenerator<string> {
    for await (const key of this.objectStore.list(PREFIX)) {
      const id = key.slice(PREFIX.length, -SUFFIX.length);
      if (key === objectKeyOf(id) && isKeyId(id)) yield id;
    }
  }
}

function objectKeyOf(id: string): string {
  return `${PREFIX}${id}${SUFFIX}`;
}
