import { join } from 'node:path';
import { describeChecksum } from './checksum.js';
import { BrokenTransferError, ChecksumMismatchError } from './errors.js';
import { type HttpAnswer } from './http-answer.js';
import { type HttpClient } from './http-client.js';
import { type RemoteFile } from './remote-file.js';
import { PartialFile } from './partial-file.js';
import { type Retries, withRetries } from './with-retries.js';

/** A file that arrives damaged is asked for once more. */
export const COMPLETE_ATTEMPTS = 2;
const CONTENT_RANGE = /^bytes (\d+)-\d+\/(\d+|\*)$/;

export interface DownloadContext {
  readonly http: HttpClient;
  readonly directory: string;
  readonly retries: Retries;
  readonly urlOf: (path: string) => string;
  /** The error that an answer without content means. */
  readonly refusal: (answer: HttpAnswer) => Error;
  readonly progress: FileProgress;
}

/** Told how far a file is. */
export interface FileProgress {
  /** The file has so many bytes now: it was taken up or begun anew. */
  placed(path: string, bytes: number): void;
  /** So many bytes more have come over the network. */
  received(path: string, bytes: number): void;
}

/**
 * Brings a file into the directory: continues what is there of it, checks it, and puts it in its place.
 * @throws ChecksumMismatchError when it arrives damaged twice; DiskFullError; errors of the hub; the signal's reason
 */
export async function downloadFile(file: RemoteFile, context: DownloadContext): Promise<void> {
  const { checksum, bytes, path } = file;
  let given = '';
  for (let attempts = 0; attempts < COMPLETE_ATTEMPTS; attempts += 1) {
    const target = join(context.directory, path);
    const partial = await PartialFile.open({ target, bytes, checksum, signal: context.retries.signal });
    try {
      await receiveAll(file, partial, context);
      if (partial.isRight) return await partial.finish();
      given = describeContent(partial);
      await partial.discard();
    } finally {
      await partial.close();
    }
  }
  throw new ChecksumMismatchError(path, `${describeChecksum(checksum)} of ${bytes} bytes`, given);
}

function describeContent({ checksum, bytes }: PartialFile): string {
  return `${describeChecksum(checksum)} of ${bytes} bytes`;
}

/** Receives until there are as many bytes as the hub lists, over as many connections as it takes. */
async function receiveAll(file: RemoteFile, partial: PartialFile, context: DownloadContext): Promise<void> {
  let furthest = partial.bytes;
  let advanced = false;
  context.progress.placed(file.path, partial.bytes);
  await withRetries(
    context.retries,
    async () => {
      try {
        await receive(file, partial, context);
      } finally {
        advanced = partial.bytes > furthest;
        furthest = Math.max(furthest, partial.bytes);
      }
    },
    () => advanced,
  );
}

/** One request. An answer that does not continue what is there replaces it. */
async function receive(file: RemoteFile, partial: PartialFile, context: DownloadContext): Promise<void> {
  if (partial.bytes >= file.bytes && file.bytes > 0) return;
  const { http, retries, progress } = context;
  const { signal } = retries;
  const answer = await http.get(context.urlOf(file.path), { headers: rangeHeaders(partial), signal });
  try {
    if (await isBegunAnew(answer, partial, file, context)) progress.placed(file.path, 0);
    for await (const chunk of answer.read(signal)) {
      await partial.append(chunk);
      progress.received(file.path, chunk.length);
      if (partial.bytes > file.bytes) return;
    }
  } finally {
    answer.discard();
  }
  if (partial.bytes < file.bytes)
    throw new BrokenTransferError(file.path, `${partial.bytes} of ${file.bytes} bytes have arrived`);
}

function rangeHeaders({ bytes, etag }: PartialFile): Record<string, string> {
  if (bytes === 0) return {};
  return { range: `bytes=${bytes}-`, ...(etag === undefined ? {} : { 'if-range': etag }) };
}

/** False when the answer continues the partial file, true when it is the whole file again; throws when it is neither. */
async function isBegunAnew(
  answer: HttpAnswer,
  partial: PartialFile,
  file: RemoteFile,
  context: DownloadContext,
): Promise<boolean> {
  if (answer.status === 200) {
    checkLength(answer, file);
    await partial.restart(strongEtag(answer));
    return true;
  }
  if (answer.status !== 206 && answer.status !== 416) throw context.refusal(answer);
  if (answer.status === 206 && continues(answer, partial, file)) return false;
  await partial.restart(undefined);
  context.progress.placed(file.path, 0);
  throw new BrokenTransferError(file.path, 'what the hub has does not continue what has arrived');
}

function continues(answer: HttpAnswer, partial: PartialFile, file: RemoteFile): boolean {
  const [, from, total] = CONTENT_RANGE.exec(answer.header('content-range') ?? '') ?? [];
  const etag = strongEtag(answer);
  const isSame = etag === undefined || partial.etag === undefined || etag === partial.etag;
  return isSame && Number(from) === partial.bytes && (total === '*' || Number(total) === file.bytes);
}

/** What is not the file at all, such as the page of a proxy, must not cost what has arrived. */
function checkLength(answer: HttpAnswer, { path, bytes }: RemoteFile): void {
  const length = answer.header('content-length');
  if (length !== undefined && Number(length) !== bytes)
    throw new BrokenTransferError(path, `it is listed with ${bytes} bytes and sent with ${length}`);
}

/** Weak tags promise no equal bytes. */
function strongEtag(answer: HttpAnswer): string | undefined {
  const etag = answer.header('etag');
  return etag?.startsWith('"') === true ? etag : undefined;
}
