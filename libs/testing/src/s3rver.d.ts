declare module '@20minutes/s3rver' {
  import type { IncomingMessage, ServerResponse } from 'node:http';
  import type { Readable } from 'node:stream';

  interface StoredObject {
    readonly size: number;
    readonly content: Readable | null;
  }

  interface Store {
    getObject(bucket: string, key: string, range?: { start?: number }): Promise<StoredObject | null>;
    putObject(object: unknown): Promise<unknown>;
    deleteObject(bucket: string, key: string): Promise<void>;
    listObjects(bucket: string, options: object): Promise<unknown>;
    /** Writes an object's bytes into the file of that path. */
    putContent(path: string, content: unknown): Promise<[size: number, md5: string]>;
  }

  /** A Koa application. */
  export default class S3rver {
    constructor(options: {
      directory: string;
      silent: boolean;
      vhostBuckets: boolean;
      configureBuckets: { name: string }[];
    });
    readonly store: Store;
    configureBuckets(): Promise<unknown>;
    callback(): (request: IncomingMessage, response: ServerResponse) => Promise<void>;
    on(event: 'error', listener: (error: Error) => void): this;
  }
}
