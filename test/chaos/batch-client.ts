import { randomUUID } from 'node:crypto';
import { type Batch, type FileObject } from '@tessera/contracts';
import { type Client } from './client.js';

/** A line of an output or error file, as far as the drill looks at it. */
export interface ResultLine {
  readonly custom_id: string;
  readonly response: {
    readonly status_code: number;
    readonly body: {
      readonly choices?: readonly { readonly message: { readonly content: string } }[];
      readonly usage?: { readonly prompt_tokens: number; readonly completion_tokens: number };
    };
  } | null;
  readonly error: { readonly code: string } | null;
}

/** What a careful client does with batches: every request is sent again until it has been answered. */
export class BatchClient {
  constructor(private readonly client: Client) {}

  async submit(lines: readonly string[]): Promise<Batch> {
    const form = new FormData();
    form.set('purpose', 'batch');
    form.set('file', new Blob([lines.map((line) => `${line}\n`).join('')]), 'rows.jsonl');
    const file = JSON.parse(
      await this.client.send('/v1/files', { method: 'POST', body: form }),
    ) as FileObject;
    const body = {
      input_file_id: file.id,
      endpoint: '/v1/chat/completions',
      completion_window: '24h',
    };
    const created = await this.client.send('/v1/batches', {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': randomUUID() },
      body: JSON.stringify(body),
    });
    return JSON.parse(created) as Batch;
  }

  async get(id: string): Promise<Batch> {
    return JSON.parse(await this.client.send(`/v1/batches/${id}`)) as Batch;
  }

  /** No lines where there is no file. */
  async lines(fileId: string | null): Promise<ResultLine[]> {
    if (fileId === null) return [];
    const text = await this.client.send(`/v1/files/${fileId}/content`);
    const lines = text.split('\n').filter((line) => line !== '');
    return lines.map((line) => JSON.parse(line) as ResultLine);
  }
}
