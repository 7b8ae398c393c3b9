import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type OutputOptions } from '@tessera/datasets';
import { temporaryDirectory, type TemporaryDirectory } from '@tessera/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { KilledError, killedStore } from '../outputs/killed-store.js';
import { captionRun } from './caption-run.js';
import { InstantAsker, type InstantAnswers } from './instant-asker.js';

interface Phase {
  readonly names: readonly string[];
  readonly failing?: ReadonlySet<string>;
}

/** The second run asks failed rows again, and finds pictures gone and new, so that rows move to other shards. */
const PHASES: readonly Phase[] = [
  { names: ['a.png', 'b.png', 'c.png', 'd.png', 'e.png', 'f.png'], failing: new Set(['b.png']) },
  { names: ['0.png', 'a.png', 'b.png', 'd.png', 'e.png', 'f.png', 'g.png', 'h.png'] },
  { names: ['a.png', 'e.png', 'f.png', 'x.png', 'y.png', 'g.png', 'h.png', '0.png'] },
];
/** A run is killed at every so many changes of the store: for each form at others. */
const STRIDE = 7;
/** What each run asks about. */
const QUESTIONS = [PHASES[0]?.names ?? [], ['0.png', 'b.png', 'g.png', 'h.png'], ['x.png', 'y.png']];

const OUTPUTS: [string, Partial<OutputOptions>][] = [
  ['captions.jsonl', {}],
  ['.', { form: 'parquet' }],
  ['.', { form: 'sidecar', sidecar: { onExisting: 'overwrite' } }],
];

let directory: TemporaryDirectory;
beforeEach(async () => {
  directory = await temporaryDirectory('tessera-killed-runs');
});
afterEach(() => directory.remove());

/** @returns what was asked about, also when it is killed */
async function runPhase(
  folder: string,
  phase: Phase,
  { output: [uri, outputOptions], onStore }: { output: (typeof OUTPUTS)[number]; onStore?: OnStore },
): Promise<string[]> {
  const asked: string[] = [];
  const list = join(folder, 'list.csv');
  await mkdir(folder, { recursive: true });
  await writeFile(list, `path\n${phase.names.join('\n')}\n`);
  const answers: InstantAnswers = {
    concurrency: 1,
    read: async (place) => Buffer.from(place.kind === 'file' ? basename(place.path) : ''),
    onAsk: (image) => void asked.push(image),
    ...(phase.failing === undefined ? {} : { failing: phase.failing }),
  };
  const running = captionRun({
    source: list,
    output: join(folder, 'out', uri),
    asker: new InstantAsker(answers),
    shardRows: 2,
    retryFailed: phase.failing === undefined,
    sourceOptions: { keyColumn: 'path' },
    outputOptions,
    ...(onStore === undefined ? {} : { onStore }),
  });
  await running.catch((error: unknown) => {
    if (!(error instanceof KilledError)) throw error;
  });
  return asked;
}

type OnStore = NonNullable<Parameters<typeof captionRun>[0]['onStore']>;

/** What a user sees. */
async function filesOf(parent: string): Promise<Record<string, string>> {
  const folder = join(parent, 'out');
  const files: Record<string, string> = {};
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name).slice(folder.length + 1);
    if (entry.isFile() && !path.startsWith('.tessera')) {
      files[path] = (await readFile(join(folder, path))).toString('base64');
    }
  }
  return files;
}

describe('runs that are killed at a change of the store', () => {
  it.each(OUTPUTS)(
    'end up the same, and ask nobody again for what was finished: %s %o',
    async (...output) => {
      const reference = join(directory.path, 'reference');
      const firstKill = OUTPUTS.findIndex(([, options]) => options === output[1]);
      let kills = 0;
      for (const [number, phase] of PHASES.entries()) {
        const before = join(directory.path, `before-${number}`);
        await mkdir(reference, { recursive: true });
        await cp(reference, before, { recursive: true });
        let changeCount = () => 0;
        const onStore: OnStore = (store) => {
          const watched = killedStore(store, Infinity);
          ({ changeCount } = watched);
          return watched.store;
        };
        const asked = await runPhase(reference, phase, { output, onStore });
        expect(asked.sort()).toEqual([...(QUESTIONS[number] ?? [])].sort());
        const files = await filesOf(reference);
        for (let killAt = firstKill; killAt < changeCount(); killAt += STRIDE) {
          const folder = join(directory.path, `killed-${number}-${killAt}`);
          await cp(before, folder, { recursive: true });
          const doomedStore: OnStore = (store) => killedStore(store, killAt).store;
          const doomed = await runPhase(folder, phase, { output, onStore: doomedStore });
          const rest = await runPhase(folder, phase, { output });
          const label = `after a kill at change ${killAt} of run ${number}`;
          expect(await filesOf(folder), label).toEqual(files);
          expect(QUESTIONS[number], label).toEqual(expect.arrayContaining([...doomed, ...rest]));
          kills += 1;
        }
      }
      expect(kills).toBeGreaterThan(10);
    },
  );
});
