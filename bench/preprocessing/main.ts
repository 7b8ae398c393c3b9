import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { decodeImage, probeImage } from '@tessera/media';
import { planTiles, Tiler } from '@tessera/preprocessing';
import { describeMachine, median, printTable, RUNS } from '../measure.js';
import { makePictures, type Picture } from './pictures.js';

/**
 * Images a second from encoded bytes to tiles, and the processor time of one, which other work on the machine disturbs
 * less: ours and the reference's pipeline (Pillow and torchvision) on the same cores and the same pictures, turn by turn. `--python FILE` names a Python that has both; without it we run alone.
 */
const { values: options } = parseArgs({
  options: {
    threads: { type: 'string', default: '2' },
    images: { type: 'string', default: '24' },
    python: { type: 'string', default: 'python3' },
  },
});
const threads = Number(options.threads);
const imageCount = Number(options.images);
const TILE_SIZE = 448;
const LIMITS = { maxPixels: 200_000_000 };

interface Stage {
  decodeMs: number;
  tileMs: number;
}

interface Speed {
  imagesPerSecond: number;
  /** Of one image, on all threads together. */
  processorMs: number;
}

class OurPipeline {
  private readonly tiler = new Tiler(TILE_SIZE, threads);

  async prepare(bytes: Uint8Array, maxTiles: number): Promise<Stage> {
    const startedAt = performance.now();
    const { width, height } = await probeImage(bytes, LIMITS);
    const plan = planTiles(width, height, {
      tileSizePixels: TILE_SIZE,
      minTiles: 1,
      maxTiles,
      useThumbnail: true,
    });
    const pixels = await decodeImage(bytes, LIMITS);
    const decodedAt = performance.now();
    await this.tiler.tile(pixels, plan);
    return { decodeMs: decodedAt - startedAt, tileMs: performance.now() - decodedAt };
  }

  /** Prepares as many images at a time as there are threads. */
  async measure(bytes: Uint8Array, maxTiles: number): Promise<Speed> {
    let left = imageCount;
    const processorBefore = process.cpuUsage();
    const startedAt = performance.now();
    const workers = Array.from({ length: threads }, async () => {
      while (left-- > 0) await this.prepare(bytes, maxTiles);
    });
    await Promise.all(workers);
    const imagesPerSecond = (imageCount * 1000) / (performance.now() - startedAt);
    const { user, system } = process.cpuUsage(processorBefore);
    return { imagesPerSecond, processorMs: (user + system) / 1000 / imageCount };
  }

  dispose(): void {
    this.tiler.dispose();
  }
}

/** The peer's speed, or why there is no figure. */
function measurePeer(file: string, maxTiles: number): Speed | string {
  const script = path.join(import.meta.dirname, '..', '..', '..', 'tools', 'measure-pillow.py');
  const args = [script, file, String(maxTiles), String(imageCount), String(threads)];
  const { status, stdout, stderr, error } = spawnSync(options.python, args, { encoding: 'utf8' });
  const [imagesPerSecond = NaN, processorMs = NaN] = stdout.split(' ').map(Number);
  if (status === 0) return { imagesPerSecond, processorMs };
  return error?.message ?? stderr.trim().split('\n').at(-1) ?? `exit status ${status}`;
}

async function measure(
  pipeline: OurPipeline,
  picture: Picture,
  directory: string,
): Promise<(string | number)[]> {
  const file = path.join(directory, picture.file);
  await writeFile(file, picture.bytes);
  const bytes = await readFile(file);
  await pipeline.prepare(bytes, picture.maxTiles);
  const stages: Stage[] = [];
  for (let run = 0; run < RUNS; run++) stages.push(await pipeline.prepare(bytes, picture.maxTiles));
  const ours: Speed[] = [];
  const theirs: Speed[] = [];
  for (let run = 0; run < RUNS; run++) {
    ours.push(await pipeline.measure(bytes, picture.maxTiles));
    const peer = measurePeer(file, picture.maxTiles);
    if (typeof peer !== 'string') theirs.push(peer);
    else if (run === 0) console.log(`no peer: ${peer}`);
  }
  return [
    picture.name,
    median(stages.map(({ decodeMs }) => decodeMs)).toFixed(1),
    median(stages.map(({ tileMs }) => tileMs)).toFixed(1),
    ...compare(ours, theirs, ({ imagesPerSecond }) => imagesPerSecond),
    ...compare(
      ours,
      theirs,
      ({ processorMs }) => 1 / processorMs,
      (speed) => 1 / speed,
    ),
  ];
}

/** Ours, theirs and how many times faster ours is. */
function compare(
  ours: readonly Speed[],
  theirs: readonly Speed[],
  speedOf: (speed: Speed) => number,
  show = (speed: number): number => speed,
): string[] {
  const [our, their] = [ours, theirs].map((speeds) => median(speeds.map(speedOf))) as [number, number];
  if (theirs.length === 0) return [show(our).toFixed(1), 'not here', '-'];
  return [show(our).toFixed(1), show(their).toFixed(1), (our / their).toFixed(2)];
}

console.log(
  `${describeMachine()}; ${threads} threads, ${imageCount} images a run, medians of ${RUNS} runs\n`,
);
const directory = await mkdtemp(path.join(tmpdir(), 'tessera-bench-'));
const pipeline = new OurPipeline();
try {
  const rows: (string | number)[][] = [];
  for (const picture of await makePictures()) rows.push(await measure(pipeline, picture, directory));
  const columns = ['images/s', 'peer', 'ratio', 'processor ms', 'peer', 'ratio'];
  printTable(['picture', 'decode ms', 'tile ms', ...columns], rows);
} finally {
  pipeline.dispose();
  await rm(directory, { recursive: true });
}
