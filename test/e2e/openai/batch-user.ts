import { createReadStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type OpenAI from 'openai';

const LOOK_AGAIN_MS = 100;
const FINAL = ['completed', 'failed', 'expired', 'cancelled'];

/** A line of an output or error file. */
export interface ResultLine {
  custom_id: string;
  response: { status_code: number; body: Partial<OpenAI.ChatCompletion> & { error?: unknown } } | null;
  error: { code: string; message: string } | null;
}

/** A line of an input file that asks about one picture. */
export function row(customId: string, imageUrl: string, question: string): string {
  const content = [
    { type: 'image_url', image_url: { url: imageUrl } },
    { type: 'text', text: question },
  ];
  const body = { model: 'tessera-tiny', messages: [{ role: 'user', content }] };
  return JSON.stringify({ custom_id: customId, method: 'POST', url: '/v1/chat/completions', body });
}

/** What somebody with batches does by OpenAI's client, every other request at the other API process. */
export class BatchUser {
  private turn = 0;

  constructor(
    private readonly clients: readonly [OpenAI, OpenAI],
    private readonly directory: string,
  ) {}

  /** The client whose turn it is. */
  get openai(): OpenAI {
    return this.clients[this.turn++ % 2 === 0 ? 0 : 1];
  }

  /** Uploads lines from a file on disk, and gives the file's id. */
  async upload(lines: readonly string[]): Promise<string> {
    const input = path.join(this.directory, 'rows.jsonl');
    await writeFile(input, `${lines.join('\n')}\n`);
    const file = createReadStream(input);
    return (await this.openai.files.create({ file, purpose: 'batch' })).id;
  }

  async submit(lines: readonly string[], metadata = {}): Promise<OpenAI.Batch> {
    return this.submitFile(await this.upload(lines), metadata);
  }

  submitFile(
    inputFileId: string,
    metadata: Record<string, string> = {},
    endpoint: OpenAI.BatchCreateParams['endpoint'] = '/v1/chat/completions',
  ): Promise<OpenAI.Batch> {
    return this.openai.batches.create({
      input_file_id: inputFileId,
      endpoint,
      completion_window: '24h',
      metadata,
    });
  }

  /** The batch once it is as `isReached` wants it. */
  async waitFor(id: string, isReached: (batch: OpenAI.Batch) => boolean): Promise<OpenAI.Batch> {
    for (;;) {
      const batch = await this.openai.batches.retrieve(id);
      if (isReached(batch)) return batch;
      await delay(LOOK_AGAIN_MS);
    }
  }

  /** The batch once it has ended. */
  ended(id: string): Promise<OpenAI.Batch> {
    return this.waitFor(id, ({ status }) => FINAL.includes(status));
  }

  /** The lines of a result file, by `custom_id`; none where the batch has no such file. */
  async results(fileId: string | null | undefined): Promise<ResultLine[]> {
    if (fileId == null) return [];
    const text = await (await this.openai.files.content(fileId)).text();
    return text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as ResultLine)
      .sort((one, other) => (one.custom_id < other.custom_id ? -1 : 1));
  }
}
