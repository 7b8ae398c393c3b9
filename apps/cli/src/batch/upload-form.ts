import { openAsBlob } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { InputUnreadableError } from './errors.js';

export interface UploadForm {
  readonly fileBytes: number;
  /** A request that streams the file from disk; made anew for every attempt. */
  readonly makeInit: () => RequestInit;
}

export interface UploadProgress {
  /** Called with the bytes sent so far. */
  readonly onSent: (bytes: number) => void;
}

/**
 * The multipart body of `POST /v1/files`.
 * @throws {InputUnreadableError}
 */
export async function openUploadForm(path: string, { onSent }: UploadProgress): Promise<UploadForm> {
  const file = await openInput(path);
  return {
    fileBytes: file.size,
    makeInit: () => {
      const form = new FormData();
      // Before the file, so that the service knows what it is for when the file comes.
      form.append('purpose', 'batch');
      form.append('file', file, basename(path));
      const encoded = new Response(form);
      const contentType = encoded.headers.get('content-type') ?? '';
      const body = encoded.body?.pipeThrough(countBytes(onSent)) ?? null;
      return { method: 'POST', headers: { 'content-type': contentType }, body, duplex: 'half' };
    },
  };
}

async function openInput(path: string): Promise<Blob> {
  try {
    if ((await stat(path)).isFile()) return await openAsBlob(path);
  } catch (cause) {
    throw new InputUnreadableError(path, reasonOf(cause), { cause });
  }
  throw new InputUnreadableError(path, 'it is no file');
}

function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  return 'code' in cause && cause.code === 'ENOENT' ? 'there is no such file' : cause.message;
}

function countBytes(onSent: (bytes: number) => void): TransformStream<Uint8Array, Uint8Array> {
  let sent = 0;
  return new TransformStream({
    transform: (chunk, controller) => {
      sent += chunk.length;
      onSent(sent);
      controller.enqueue(chunk);
    },
  });
}
