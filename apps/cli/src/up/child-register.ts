import { type ChildProcess } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  describeProcess,
  parseProcessReference,
  type ProcessReference,
  terminateProcess,
} from '@tessera/processes';

/** Children stop by themselves when their parent is killed; one that has not done so by now is not going to. */
const LEFT_OVER_GRACE_MS = 10_000;

/** The children that are alive, also on disk, so that a later run finds those that a killed run left behind. */
export class ChildRegister {
  readonly #children = new Map<ChildProcess, ProcessReference>();
  readonly #file: string;

  constructor(dataDirectory: string) {
    this.#file = join(dataDirectory, 'up-children.json');
  }

  /** Ends the children of a run that was killed. */
  async endLeftOvers(
    log: (line: string) => void,
    { graceMs } = { graceMs: LEFT_OVER_GRACE_MS },
  ): Promise<void> {
    await Promise.all(
      (await this.#readFile()).map(async (reference) => {
        const outcome = await terminateProcess(reference, { graceMs });
        if (outcome !== 'none') log(`ended process ${reference.pid}, left over by a run that was killed`);
      }),
    );
  }

  /** To be called in the turn that started the child. */
  add(child: ChildProcess): void {
    const reference = child.pid === undefined ? undefined : describeProcess(child.pid);
    if (reference === undefined) return;
    this.#children.set(child, reference);
    this.#writeFile();
    child.once('exit', () => {
      this.#children.delete(child);
      this.#writeFile();
    });
  }

  killAll(): void {
    for (const child of this.#children.keys()) child.kill('SIGKILL');
  }

  #writeFile(): void {
    writeFileSync(this.#file, JSON.stringify([...this.#children.values()]));
  }

  async #readFile(): Promise<ProcessReference[]> {
    try {
      const entries: unknown = JSON.parse(await readFile(this.#file, 'utf8'));
      return Array.isArray(entries)
        ? entries.map(parseProcessReference).filter((entry) => entry !== undefined)
        : [];
    } catch (error) {
      // None yet, or cut short by a crash of the whole machine, which ended the children too.
      if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    }
  }
}
