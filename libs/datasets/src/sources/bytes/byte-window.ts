import type { RandomAccess } from './random-access.js';

/** Reads small pieces near to each other in few large ones. */
export class ByteWindow {
  private held: Buffer = Buffer.alloc(0);
  private heldFrom = 0;

  constructor(
    private readonly file: RandomAccess,
    private readonly windowBytes: number,
  ) {}

  /** Fewer bytes at the end of the file. */
  async read(start: number, length: number): Promise<Buffer> {
    const end = start + length;
    if (start < this.heldFrom || end > this.heldFrom + this.held.length) {
      this.held = await this.file.read(start, Math.max(end, start + this.windowBytes));
      this.heldFrom = start;
    }
    return this.held.subarray(start - this.heldFrom, end - this.heldFrom);
  }
}
