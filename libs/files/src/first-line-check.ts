import { FileInvalidError } from './errors.js';

/** A longer first line is only held to begin like an object: the rest is for the validation of the Batch. */
const MAX_LINE_BYTES = 1_000_000;
const NEWLINE = 0x0a;
const LONGEST_REASON = 120;

/** Looks at the beginning of JSON Lines while they pass by, in bounded memory. */
export class FirstLineCheck {
  private chunks: Uint8Array[] = [];
  private byteCount = 0;
  private isDecided = false;
  private found: string | undefined;

  /** The rule that the content breaks; undefined while none is known to be broken. */
  get violation(): string | undefined {
    return this.found;
  }

  push(chunk: Uint8Array): void {
    if (this.isDecided || chunk.length === 0) return;
    const end = chunk.indexOf(NEWLINE);
    const line = end < 0 ? chunk : chunk.subarray(0, end);
    // A copy: whoever made the chunk may use its memory again.
    this.chunks.push(Uint8Array.from(line.subarray(0, MAX_LINE_BYTES + 1 - this.byteCount)));
    this.byteCount += line.length;
    if (end >= 0 || this.byteCount > MAX_LINE_BYTES) this.decide();
  }

  /** To be called once all has passed by. */
  end(): void {
    if (this.isDecided) return;
    if (this.byteCount === 0) {
      this.isDecided = true;
      this.found = 'must not be empty';
    } else {
      this.decide();
    }
  }

  /** @throws {FileInvalidError} where a rule is known to be broken */
  refuse(): void {
    if (this.violation !== undefined) throw new FileInvalidError(this.violation);
  }

  private decide(): void {
    this.isDecided = true;
    this.found = violationOf(Buffer.concat(this.chunks));
    this.chunks = [];
  }
}

/**
 * Passes JSON Lines on.
 * @throws {FileInvalidError} as soon as the first line is known to be no JSON object, or at the end of nothing
 */
export function checkFirstLine(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  return watchFirstLine(source, new FirstLineCheck(), { isBinding: true });
}

/** Passes bytes on, and lets the check see them. @param isBinding ends with a refusal as soon as there is one */
export async function* watchFirstLine(
  source: AsyncIterable<Uint8Array>,
  check: FirstLineCheck,
  { isBinding }: { isBinding: boolean },
): AsyncGenerator<Uint8Array> {
  for await (const chunk of source) {
    check.push(chunk);
    if (isBinding) check.refuse();
    yield chunk;
  }
  check.end();
  if (isBinding) check.refuse();
}

function violationOf(line: Buffer): string | undefined {
  const rule = 'every line must be a JSON object, and the first one is not';
  if (line.length > MAX_LINE_BYTES) return /^\s*\{/.test(line.toString('latin1', 0, 100)) ? undefined : rule;
  try {
    const value: unknown = JSON.parse(
      new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(line),
    );
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? undefined : rule;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return `${rule}: ${reason.slice(0, LONGEST_REASON)}`;
  }
}
