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
 * @property {Uint8Array<ArrayBuffer>} tiles
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
   * @returns {boolean} Whether there is memory for it.
   */
  begin(job) {
    this.#current = undefined;
    const batch = this.#program.begin(job.width, job.height) >>> 0;
    if (batch === 0) return false;
    for (const { width, height, isHeightFirst } of job.targets) {
      if (this.#program.addTarget(width, height, job.tileSizePixels, Number(isHeightFirst)) === 0)
        return false;
    }
    this.#current = { job, tiles: new Uint8Array(job.tileBytes), batch, filled: 0, rowsLeft: job.height };
    return true;
  }

  /**
   * Goes on with the next bytes of the picture's rows, [height, width, 3].
   * @param {Uint8Array} pixels
   * @returns {Uint8Array<ArrayBuffer> | undefined} All tiles, [tiles, 3, size, size], when these were the last bytes.
   */
  push(pixels) {
    const picture = this.#current;
    if (picture === undefined) throw new Error('pixels came without a picture');
    for (let start = 0; start < pixels.length;) start += this.#fill(picture, pixels.subarray(start));
    if (picture.rowsLeft > 0) return undefined;
    this.#current = undefined;
    return picture.tiles;
  }

  /**
   * Takes as many bytes as belong to one batch of rows, and returns how many.
   * @param {Picture} picture
   * @param {Uint8Array} pixels
   */
  #fill(picture, pixels) {
    const rowBytes = 3 * picture.job.width;
    const batchRows = Math.min(BATCH_ROWS, picture.rowsLeft);
    const some = pixels.subarray(0, batchRows * rowBytes - picture.filled);
    new Uint8Array(this.#program.memory.buffer).set(some, picture.batch + picture.filled);
    picture.filled += some.length;
    if (picture.filled === batchRows * rowBytes) {
      this.#program.push(batchRows);
      picture.filled = 0;
      picture.rowsLeft -= batchRows;
    }
    return some.length;
  }

  /**
   * @param {number} index
   * @param {number} gridRow
   * @param {number} address
   */
  #takeTiles(index, gridRow, address) {
    const target = this.#current?.job.targets[index];
    if (this.#current === undefined || target === undefined) throw new Error('tiles came without a picture');
    const bytes = 3 * target.width * this.#current.job.tileSizePixels;
    const finished = new Uint8Array(this.#program.memory.buffer, address >>> 0, bytes);
    this.#current.tiles.set(finished, target.offset + gridRow * bytes);
  }
}
