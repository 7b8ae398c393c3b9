import { randomBytes } from 'node:crypto';
import { type FileObject } from '@tessera/contracts';
import { type TenantBook } from './tenant-book.js';
import { type TenantClient } from './tenant-client.js';

const LEAST_BYTES = 4_000;
const MOST_BYTES = 40_000;

/** Files that one tenant's clients upload and delete. */
export class StoredFiles {
  private readonly kept: string[] = [];

  constructor(
    private readonly client: TenantClient,
    private readonly book: TenantBook,
    private readonly random: () => number,
  ) {}

  /** @returns false where there was no room */
  async upload(): Promise<boolean> {
    const bytes = randomBytes(LEAST_BYTES + Math.floor(this.random() * (MOST_BYTES - LEAST_BYTES)));
    const form = new FormData();
    form.set('purpose', 'user_data');
    form.set('file', new Blob([bytes]), 'some.bin');
    const { status, body } = await this.client.send('/v1/files', { method: 'POST', body: form });
    if (status === 429) return false;
    if (status !== 200) throw new Error(`an upload was answered ${status}: ${body}`);
    const file = JSON.parse(body) as FileObject;
    this.book.files.push(file);
    this.kept.push(file.id);
    return true;
  }

  async deleteOldest(count: number): Promise<void> {
    for (const id of this.kept.splice(0, count)) {
      const { status, body } = await this.client.send(`/v1/files/${id}`, { method: 'DELETE' });
      // Where the answer to the first request was lost.
      if (status !== 200 && status !== 404) throw new Error(`${id} was not deleted: ${status} ${body}`);
    }
  }
}
