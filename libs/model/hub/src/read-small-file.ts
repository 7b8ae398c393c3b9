import {
  beginHash,
  ChecksumMismatchError,
  COMPLETE_ATTEMPTS,
  describeChecksum,
  type HttpClient,
  type RemoteFile,
  type Retries,
  UnusableAnswerError,
  withRetries,
} from '@tessera/download';
import { type HubRepository } from './hub-repository.js';

/** An index of a thousand shards has a few megabytes. */
const MAX_BYTES = 64_000_000;

export interface SmallFileSource {
  readonly http: HttpClient;
  readonly repository: HubRepository;
  readonly commit: string;
  readonly retries: Retries;
}

/** The content of a file that is needed before anything is written, checked. */
export async function readSmallFile(file: RemoteFile, source: SmallFileSource): Promise<Buffer> {
  if (file.bytes > MAX_BYTES)
    throw new UnusableAnswerError(
      source.http.endpoint,
      `${file.path} has ${file.bytes} bytes, more than ${MAX_BYTES}`,
    );
  let given = '';
  for (let attempts = 0; attempts < COMPLETE_ATTEMPTS; attempts += 1) {
    const content = await withRetries(source.retries, () => readOnce(file, source));
    const hex = beginHash(file.checksum, file.bytes).update(content).digest('hex');
    if (hex === file.checksum.hex) return content;
    given = describeChecksum({ ...file.checksum, hex });
  }
  throw new ChecksumMismatchError(file.path, describeChecksum(file.checksum), given);
}

async function readOnce(
  { path, bytes }: RemoteFile,
  { http, repository, commit, retries: { signal } }: SmallFileSource,
): Promise<Buffer> {
  const answer = await http.get(repository.fileUrl(commit, path), { signal });
  try {
    if (answer.status !== 200) throw repository.refusal(answer, commit);
    const chunks: Buffer[] = [];
    let length = 0;
    for await (const chunk of answer.read(signal)) {
      chunks.push(chunk);
      length += chunk.length;
      if (length > bytes) break;
    }
    return Buffer.concat(chunks);
  } finally {
    answer.discard();
  }
}
