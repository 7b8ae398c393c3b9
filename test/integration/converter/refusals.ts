import { createHash } from 'node:crypto';
import { chmod, mkdir, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { TesseraError } from '@tessera/contracts';
import { convertModel, type ConvertOptions } from '@tessera/converter';
import { temporaryDirectory, type TemporaryDirectory } from '@tessera/testing';
import { expect } from 'vitest';
import { CheckpointEditor } from './checkpoint-editor.js';

/** Phi-3, the first model of the card; its golden checkpoint has one file of weights. */
export const PHI3 = 'mini-internvl-chat-4b-v1-5';
export const QWEN3 = 'internvl3_5-qwen3';
export const NATIVE_QWEN3 = 'internvl3_5-hf-qwen3';

export type ErrorClass = abstract new (...parameters: never[]) => Error;

/** Has conversions fail over a model that is already there, and sees to it that they leave no trace. */
export class Refusals {
  private copies = 0;

  private constructor(
    private readonly home: TemporaryDirectory,
    private readonly output: string,
    private readonly before: Readonly<Record<string, string>>,
  ) {}

  static async prepare(): Promise<Refusals> {
    const home = await temporaryDirectory('tessera-refusals');
    const outputs = path.join(home.path, 'outputs');
    await mkdir(outputs);
    // For tests that run as another user than the one they were started by.
    await chmod(home.path, 0o755);
    const source = await CheckpointEditor.copy(PHI3, path.join(home.path, 'intact'));
    const output = path.join(outputs, 'model');
    await convertModel({ source: source.directory, output });
    return new Refusals(home, output, await hashFiles(output));
  }

  remove(): Promise<void> {
    return this.home.remove();
  }

  /** A folder of its own for one test. */
  place(): string {
    return path.join(this.home.path, `place-${this.copies++}`);
  }

  checkpoint(golden = PHI3): Promise<CheckpointEditor> {
    return CheckpointEditor.copy(golden, this.place());
  }

  /**
   * Converts, and expects an error of this class whose one-line message has all of `mentions`, that the model at the
   * output is what it was, and that nothing else lies beside it.
   */
  async expect(
    source: string,
    errorClass: ErrorClass,
    mentions: readonly (string | RegExp)[],
    options: Partial<ConvertOptions> = {},
  ): Promise<void> {
    const error = await this.convert(source, options);
    expect(error).toBeInstanceOf(errorClass);
    expect(error).toBeInstanceOf(TesseraError);
    const { message } = error as Error;
    for (const mention of mentions) {
      if (typeof mention === 'string') expect(message).toContain(mention);
      else expect(message).toMatch(mention);
    }
    expect(message).toMatch(/^[^\p{Cc}\p{Cf}]{1,1000}$/u);
    await this.expectNoTrace();
  }

  /** Converts to a place of its own, which is given. */
  async expectSuccess(source: string): Promise<string> {
    const output = this.place();
    expect(await this.convert(source, { output })).toBe('converted');
    return output;
  }

  /** Converts over the model that is there and gives the error. */
  async convert(source: string, options: Partial<ConvertOptions> = {}): Promise<unknown> {
    return convertModel({ source, output: this.output, ...options }).then(
      () => 'converted',
      (error: unknown) => error,
    );
  }

  async expectNoTrace(): Promise<void> {
    expect(await readdir(path.dirname(this.output))).toEqual([path.basename(this.output)]);
    expect(await hashFiles(this.output)).toEqual(this.before);
  }
}

/** SHA-256 of every file in a directory. */
export async function hashFiles(directory: string): Promise<Record<string, string>> {
  const names = (await readdir(directory)).sort();
  const hash = async (name: string): Promise<string> =>
    createHash('sha256')
      .update(await readFile(path.join(directory, name)))
      .digest('hex');
  return Object.fromEntries(await Promise.all(names.map(async (name) => [name, await hash(name)] as const)));
}
