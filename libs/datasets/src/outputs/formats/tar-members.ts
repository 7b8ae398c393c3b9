import { Header, Parser, Pax } from 'tar';

const BLOCK_BYTES = 512;
/** After the last member. */
export const TAR_END = Buffer.alloc(2 * BLOCK_BYTES);
/** The same for every member, so that a tar depends on nothing but what is in it. */
const HEADER = { mtime: new Date(0), mode: 0o644, uid: 0, gid: 0 };

/** A file in a tar; a name that the plain header cannot hold is in a header of its own (pax). */
export function* encodeMember(name: string, content: Uint8Array): Generator<Uint8Array> {
  const header = new Header({ ...HEADER, path: name, size: content.length, type: 'File' });
  const block = Buffer.alloc(BLOCK_BYTES);
  if (header.encode(block)) yield new Pax({ ...HEADER, path: name, size: content.length }).encode();
  yield block;
  yield content;
  const rest = content.length % BLOCK_BYTES;
  if (rest > 0) yield Buffer.alloc(BLOCK_BYTES - rest);
}

/** The wanted members of a tar, whole, in its order. Throws the parser's error for what is no tar. */
export async function* readMembers(
  tar: AsyncIterable<Uint8Array>,
  isWanted: (name: string) => boolean,
): AsyncGenerator<Buffer> {
  const wanted = new WantedMembers(isWanted);
  for await (const chunk of tar) yield* await wanted.write(chunk);
  yield* await wanted.end();
}

class WantedMembers {
  private readonly parser: Parser;
  private reading: Promise<unknown> = Promise.resolve();
  private found: Buffer[] = [];

  constructor(isWanted: (name: string) => boolean) {
    this.parser = new Parser({
      strict: true,
      onReadEntry: (entry) => {
        if (isWanted(entry.path)) this.reading = entry.concat().then((bytes) => this.found.push(bytes));
        else entry.resume();
      },
    });
  }

  /** Gives members that are whole. */
  async write(chunk: Uint8Array): Promise<Buffer[]> {
    await this.doing((done) => this.parser.write(chunk, done));
    return this.take();
  }

  async end(): Promise<Buffer[]> {
    await this.doing((done) => this.parser.end(done));
    await this.reading;
    return this.take();
  }

  private take(): Buffer[] {
    const { found } = this;
    this.found = [];
    return found;
  }

  private doing(action: (done: () => void) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      this.parser.once('error', reject);
      action(() => {
        this.parser.off('error', reject);
        resolve();
      });
    });
  }
}
