/** @import { ResizeJob } from './resize-job.js' */

/** Rows that the program takes at a time. */
const BATCH_ROWS = 16;

/**
 * What assembly/resampler.ts exports.
 * @typedef {object} ResamplerProgram
 * @property {WebAssembly.Memory} memory
 * @property {(width: number, height: number) => number} begin
 * @property {(width: number, height: number, tileSize: number, isHeightFirst: number) => number} addTarget
 * @property {(rowCount: number) => void} push
 */

/**
 * A picture that is being resized.
 * @typedef {object} Picture
 * @property {ResizeJob} job
 * @property {Uint8Array} into
 * @property {number} batch Where the program expects rows.
 * @property {number} filled Bytes of rows that are there.
 * @property {number} rowsLeft Rows that the program has not had.
 */

/**
 * Resizes pictures and cuts them into tiles, one picture at a time, while its rows come in. Plain JavaScript, since a
 * thread loads it from the sources too.
 */
export class Resampler {
  /** @type {ResamplerProgram} */
  #program;
  /** @type {Picture | undefined} */
  #current;

  /** @param {WebAssembly.Module} module */
  constructor(module) {
    const takeTiles = this.#takeTiles.bind(this);
    const instance = new WebAssembly.Instance(module, { target: { takeTiles } });
    this.#program = /** @type {ResamplerProgram} */ (instance.exports);
  }

  /** Memory that is held, for this picture and those before. */
  get memoryBytes() {
    return this.#program.memory.buffer.byteLength;
  }

  /**
   * Begins a picture, forgetting the one before.
   * @param {ResizeJob} job
   * @param {Uint8Array} into Takes the tiles, [tiles, 3, size, size].
   * @returns {boolean} Whether there is memory for it.
   */
  begin(job, into) {
    this.#current = undefined;
    const batch = this.#program.begin(job.width, job.height) >>> 0;
    if (batch === 0) return false;
    for (const { width, height, isHeightFirst } of job.targets) {
      if (this.#program.addTarget(width, height, job.tileSizePixels, Number(isHeightFirst)) === 0)
        return false;
    }
    this.#current = { job, into, batch, filled: 0, rowsLeft: job.height };
    return true;
  }

  /**
   * Goes on with the next bytes of the picture's rows, [height, width, 3].
   * @param {Uint8Array} pixels
   */
  push(pixels) {
    for (let start = 0; start < pixels.length;) start += this.#fill(pixels.subarray(start));
  }

  /**
   * Takes as many bytes as belong to one batch of rows, and returns how many.
   * @param {Uint8Array} pixels
   */
  #fill(pixels) {
    const picture = this.#current;
    if (picture === undefined) throw new Error('pixels came without a picture');
    const rowBytes = 3 * picture.job.width;
    const batchRows = Math.min(BATCH_ROWS, picture.rowsLeft);
    const some = pixels.subarray(0, batchRows * rowBytes - picture.filled);
    new Uint8Array(this.#program.memory.buffer).set(some, picture.batch + picture.filled);
    picture.filled += some.length;
    if (picture.filled === batchRows * rowBytes) this.#pushBatch(picture, batchRows);
    return some.length;
  }

  /**
   * @param {Picture} picture
   * @param {number} rows
   */
  #pushBatch(picture, rows) {
    this.#program.push(rows);
    picture.filled = 0;
    picture.rowsLeft -= rows;
    // What is finished holds on to its tiles' memory no longer.
    if (picture.rowsLeft === 0) this.#current = undefined;
  }

  /**
   * @param {number} index
   * @param {number} gridRow
   * @param {number} address
   */
  #takeTiles(index, gridRow, address) {
    const target = this.#current?.job.targets[index];
    if (this.#current === undefined || target === undefined) throw new Error('tiles came without a picture');
    const { job, into } = this.#current;
    const bytes = 3 * target.width * job.tileSizePixels;
    const tiles = new Uint8Array(this.#program.memory.buffer, address >>> 0, bytes);
    into.set(tiles, target.offset + gridRow * bytes);
  }
}
