import { type Logger } from '@tessera/observability';
import { type KeyCache } from '@tessera/queue';

const WRITE_EVERY_MS = 60_000;

/** Notes in Redis when keys were used last: once a minute for each key and process. */
export class LastUses {
  private readonly writtenAtMs = new Map<string, number>();

  constructor(
    private readonly cache: Pick<KeyCache, 'noteUse'>,
    private readonly logger: Logger,
  ) {}

  /** Nobody waits for it, and nothing fails where it does. */
  note(id: string, nowMs: number): void {
    const writtenAtMs = this.writtenAtMs.get(id);
    if (writtenAtMs !== undefined && Math.abs(nowMs - writtenAtMs) < WRITE_EVERY_MS) return;
    this.writtenAtMs.set(id, nowMs);
    this.cache.noteUse(id, nowMs).catch((err: unknown) => {
      this.writtenAtMs.delete(id);
      this.logger.warn({ err, keyId: id }, 'the use of an API key was not noted');
    });
  }
}
