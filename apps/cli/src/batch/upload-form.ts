import { openAsBlob } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { type StreamedBody } from '../service/post-stream.js';
import { InputUnreadableError } from './errors.js';

export interface UploadForm {
  readonly fileBytes: number;
  /** Streams the file from disk; made anew for every attempt. */
  readonly makeBody: () => StreamedBody;
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
    makeBody: () => {
      const form = new FormData();
      // Before the file, so that the service knows what it is for when the file comes.
      form.append('purpose', 'batch');
      form.append('file', file, basename(path));
      const { headers, body } = new Response(form);
      // A Response of a form always has a body, and the type with the form's boundary.
      return { contentType: headers.get('content-type') ?? '', chunks: countBytes(body ?? [], onSent) };
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

async function* countBytes(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  onSent: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  let sent = 0;
  for await (const chunk of chunks) {
    sent += chunk.length;
    onSent(sent);
    yield chunk;
  }
}
