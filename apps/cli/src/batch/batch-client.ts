import { BATCH_ENDPOINT } from '@tessera/contracts';
import { type z } from 'zod';
import {
  type OpenedAnswer,
  ServiceConnection,
  type ServiceConnectionOptions,
  type ServiceRequest,
} from '../service/service-connection.js';
import {
  batchListSchema,
  batchSchema,
  type ServiceBatch,
  type ServiceBatchList,
  uploadedFileSchema,
} from './batch-schema.js';
import { type UploadForm } from './upload-form.js';

/** What a batch is made with; absent terms are the service's to choose. */
export interface BatchTerms {
  readonly completionWindow?: string | undefined;
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  readonly priority?: 'normal' | 'low' | undefined;
}

const DEFAULT_WINDOW = '24h';

/** `/v1/files` and `/v1/batches` of a service. */
export class BatchClient {
  private readonly connection: ServiceConnection;

  constructor(options: ServiceConnectionOptions) {
    this.connection = new ServiceConnection(options);
  }

  /** @returns the id of the file */
  async uploadFile(form: UploadForm): Promise<string> {
    return (await this.connection.upload('/v1/files', form.makeBody, uploadedFileSchema)).id;
  }

  /** Attempts carry one Idempotency-Key, so that an answer lost on the way makes no second batch. */
  create(fileId: string, terms: BatchTerms, idempotencyKey: string): Promise<ServiceBatch> {
    const { completionWindow = DEFAULT_WINDOW, metadata, priority } = terms;
    const body = {
      input_file_id: fileId,
      endpoint: BATCH_ENDPOINT,
      completion_window: completionWindow,
      metadata,
      priority,
    };
    return this.post('', body, idempotencyKey);
  }

  retry(id: string, terms: Omit<BatchTerms, 'priority'>, idempotencyKey: string): Promise<ServiceBatch> {
    const body = { completion_window: terms.completionWindow, metadata: terms.metadata };
    return this.post(`${pathOf(id)}/retry`, body, idempotencyKey);
  }

  cancel(id: string): Promise<ServiceBatch> {
    return this.request(`${pathOf(id)}/cancel`, { method: 'POST' }, batchSchema);
  }

  get(id: string): Promise<ServiceBatch> {
    return this.request(pathOf(id), {}, batchSchema);
  }

  list(query: { limit: number; after?: string | undefined }): Promise<ServiceBatchList> {
    const search = new URLSearchParams({ limit: String(query.limit) });
    if (query.after !== undefined) search.set('after', query.after);
    return this.request(`?${search.toString()}`, {}, batchListSchema);
  }

  /** The content of a file, which may break off with an error of the connection. */
  async openFile(id: string): Promise<AsyncIterable<Uint8Array>> {
    return this.read(await this.connection.open(`/v1/files/${encodeURIComponent(id)}/content`));
  }

  /** The lines that there are so far of a batch, which may break off likewise; of an ended one, its whole file. */
  async openLinesSoFar(id: string, name: 'output' | 'errors'): Promise<AsyncIterable<Uint8Array>> {
    return this.read(await this.connection.open(`/v1/batches${pathOf(id)}/${name}`));
  }

  private async *read({ body }: OpenedAnswer): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of body) yield chunk;
    } catch (cause) {
      throw this.connection.toError(cause);
    }
  }

  private post(path: string, body: object, idempotencyKey: string): Promise<ServiceBatch> {
    const headers = { 'content-type': 'application/json', 'idempotency-key': idempotencyKey };
    return this.request(path, { method: 'POST', headers, body: JSON.stringify(body) }, batchSchema);
  }

  private request<Schema extends z.ZodType>(
    path: string,
    init: ServiceRequest,
    schema: Schema,
  ): Promise<z.output<Schema>> {
    return this.connection.request(`/v1/batches${path}`, () => init, schema);
  }
}

function pathOf(id: string): string {
  return `/${encodeURIComponent(id)}`;
}
