import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Engine } from '@tessera/engine';
import { type OrtRuntime } from '@tessera/ort';
import { type ImageTiler, Tiler } from '@tessera/preprocessing';
import { MixedLoad } from '../../test/integration/engine/mixed-load.js';
import { convertTinyModel } from '../../test/integration/engine/tiny-engine.js';
import { describeMachine, median, printTable } from '../measure.js';
import { readResources, type Resources } from './resources.js';
import { splitInto, type Trend, trendOf } from './trend.js';

/**
 * Whether the engine holds the same memory, native objects and files after any time of mixed load: short and long prompts,
 * few and many tiles, sampling, aborts, failures. Ends with status 1 where one of them grows.
 */
const { values: options } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    'interval-seconds': { type: 'string', default: '5' },
    threads: { type: 'string', default: '2' },
    slots: { type: 'string', default: '8' },
  },
});
const MIB = 2 ** 20;
/** Small enough that pictures which come again push each other out. */
const FEATURE_CACHE_BYTES = MIB / 4;
/** Before anything is counted: a tenth of the time, but no more than this. */
const LONGEST_WARM_UP_SECONDS = 180;
/** Growth an hour that counts as none, where it is above the noise: of bytes, and of objects. */
const TOLERATED_BYTES = 5 * MIB;
const TOLERATED_OBJECTS = 60;

interface Row {
  readonly name: string;
  readonly unit: number;
  readonly toleratedPerHour: number;
  readonly of: (resources: Resources) => number;
}

const bytes = { unit: MIB, toleratedPerHour: TOLERATED_BYTES };
const objects = { unit: 1, toleratedPerHour: TOLERATED_OBJECTS };
const ROWS: readonly Row[] = [
  { name: 'resident, MiB', ...bytes, of: ({ residentBytes }) => residentBytes },
  { name: 'JavaScript heap, MiB', ...bytes, of: ({ heapBytes }) => heapBytes },
  { name: 'external, MiB', ...bytes, of: ({ externalBytes }) => externalBytes },
  { name: 'array buffers, MiB', ...bytes, of: ({ arrayBufferBytes }) => arrayBufferBytes },
  { name: 'native objects', ...objects, of: ({ handles }) => handles },
  { name: 'open files', ...objects, of: ({ openFiles }) => openFiles },
];

interface Sample extends Resources {
  /** Since the load began. */
  readonly seconds: number;
}

/** An engine under load, from which samples are taken. */
class Soak {
  readonly load = new MixedLoad();
  private runtime: OrtRuntime | undefined;

  /** The tiler is the one part that is given the runtime, which counts the native objects. */
  readonly createTiler = (runtime: OrtRuntime, tileSizePixels: number): ImageTiler => {
    this.runtime = runtime;
    return new Tiler(tileSizePixels, Number(options.threads));
  };

  read(): Resources {
    return readResources(this.runtime?.liveHandleCount ?? 0);
  }

  /** Runs the load for so long, and returns what was held at every interval of it. */
  async run(engine: Engine, seconds: number): Promise<Sample[]> {
    const startedAt = performance.now();
    const elapsed = (): number => (performance.now() - startedAt) / 1000;
    const samples: Sample[] = [];
    const take = (): void => void samples.push({ seconds: elapsed(), ...this.read() });
    const timer = setInterval(take, 1000 * Number(options['interval-seconds']));
    try {
      await this.load.run(engine, 2 * engine.slotCount, () => elapsed() < seconds);
    } finally {
      clearInterval(timer);
    }
    take();
    return samples;
  }
}

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

async function soak(modelDirectory: string): Promise<boolean> {
  const soaked = new Soak();
  const engine = await Engine.load({
    modelDirectory,
    threads: Number(options.threads),
    slotCount: Number(options.slots),
    featureCacheBytes: FEATURE_CACHE_BYTES,
    createTiler: soaked.createTiler,
  });
  const seconds = 60 * Number(options.minutes);
  await soaked.run(engine, Math.min(seconds / 10, LONGEST_WARM_UP_SECONDS));
  const collectedBefore = await readCollected(soaked);
  const samples = await soaked.run(engine, seconds);
  const collectedAfter = await readCollected(soaked);
  await engine.close();
  const trends = ROWS.map((row) => {
    const series = samples.map((sample) => ({ seconds: sample.seconds, value: row.of(sample) }));
    return trendOf(series, row.toleratedPerHour);
  });
  printTable(
    ['', 'start', ...splitInto(6, samples).map((_, sixth) => `sixth ${sixth + 1}`), 'end', 'an hour', 'flat'],
    ROWS.map((row, index) => toCells(row, samples, trends[index] as Trend)),
  );
  const shown = (resources: Resources): string =>
    ROWS.map(({ name, unit, of }) => `${name} ${round(of(resources) / unit)}`).join('; ');
  console.log(`after a collection of garbage, at the start: ${shown(collectedBefore)}`);
  console.log(`after a collection of garbage, at the end:   ${shown(collectedAfter)}`);
  const { outcomes, tokens } = soaked.load;
  const counts = Object.entries(outcomes).map(([outcome, count]) => `${count} ${outcome}`);
  console.log(`requests: ${counts.join(', ')}; ${tokens.toLocaleString('en')} tokens`);
  const { handles } = soaked.read();
  console.log(`native objects after closing: ${handles}`);
  return handles === 0 && trends.every(({ isFlat }) => isFlat !== false);
}

/** What is held between two requests, when nothing waits to be collected. */
async function readCollected(soaked: Soak): Promise<Resources> {
  for (let turn = 0; turn < 3; turn++) {
    await new Promise(setImmediate);
    collectGarbage();
  }
  return soaked.read();
}

/** First sample, medians of the sixths, last sample, growth, verdict. */
function toCells({ name, unit, of }: Row, samples: readonly Sample[], trend: Trend): string[] {
  const { perHour, noisePerHour, isFlat } = trend;
  const values = samples.map((sample) => of(sample) / unit);
  const sixths = splitInto(6, values).map(median);
  const shown = [values[0] ?? NaN, ...sixths, values.at(-1) ?? NaN].map(round);
  const growth = `${round(perHour / unit)} ± ${round(noisePerHour / unit)}`;
  return [name, ...shown, growth, verdictOf(isFlat)];
}

function verdictOf(isFlat: boolean | undefined): string {
  if (isFlat === undefined) return 'too short to tell';
  return isFlat ? 'yes' : 'NO';
}

function round(value: number): string {
  return value.toFixed(1).replace(/\.0$/, '');
}

console.log(
  `${describeMachine()}; ${options.threads} threads, ${options.slots} slots, ${options.minutes} minutes, load average ${(loadavg()[0] ?? 0).toFixed(1)}\n`,
);
const model = await convertTinyModel();
try {
  if (!(await soak(model.modelDirectory))) process.exitCode = 1;
} finally {
  await model.remove();
}
