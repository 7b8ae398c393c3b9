import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { type JobStore } from '@tessera/queue';
import { type ObjectStore } from '@tessera/storage';
import { Shutdown } from '../http/shutdown.js';
import { JOB_STORE, OBJECT_STORE } from '../tokens.js';

/** Time one part gets to prove that it works, in milliseconds. */
const CHECK_TIMEOUT_MS = 2_000;

export interface Readiness {
  status: 'ready' | 'not_ready';
  /** `ok`, or what is wrong, in words. */
  parts: { redis: string; store: string; process: string };
}

@Injectable()
export class HealthService {
  constructor(
    @Inject(JOB_STORE) private readonly jobStore: JobStore,
    @Inject(OBJECT_STORE) private readonly objectStore: ObjectStore,
    @Inject(Shutdown) private readonly shutdown: Shutdown,
  ) {}

  async readiness(): Promise<Readiness> {
    const [redis, store] = await Promise.all([
      check(this.jobStore.ping()),
      check(this.writeAndDeleteProbe()),
    ]);
    const process = this.shutdown.signal.aborted ? 'shutting down' : 'ok';
    const ready = [redis, store, process].every((part) => part === 'ok');
    return { status: ready ? 'ready' : 'not_ready', parts: { redis, store, process } };
  }

  private async writeAndDeleteProbe(): Promise<void> {
    const key = `health/${randomUUID()}`;
    await this.objectStore.put(key, Buffer.from('ok'));
    await this.objectStore.delete(key);
  }
}

async function check(work: Promise<void>): Promise<string> {
  const deadline = AbortSignal.timeout(CHECK_TIMEOUT_MS);
  const late = new Promise<string>((resolve) => {
    deadline.addEventListener('abort', () => resolve(`no answer within ${CHECK_TIMEOUT_MS} ms`));
  });
  const outcome = work.then(
    () => 'ok',
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
  return Promise.race([outcome, late]);
}
