import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { decodeImage, probeImage } from '@tessera/media';
import { OrtRuntime } from '@tessera/ort';
import { planTiles, Tiler } from '@tessera/preprocessing';
import { describeMachine, median, printTable, RUNS } from '../measure.js';
import { makePictures, type Picture } from './pictures.js';

/**
 * Images a second from encoded bytes to tiles, ours and the reference's pipeline (Pillow and torchvision) on the same
 * cores and the same pictures, turn by turn. `--python FILE` names a Python that has both; without it we run alone.
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

class OurPipeline {
  private readonly runtime = OrtRuntime.create({ intraOpThreads: threads, spin: false });
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
    const tiles = this.runtime.allocate('uint8', [plan.tileCount, 3, TILE_SIZE, TILE_SIZE]);
    await this.tiler.tile(pixels, plan, tiles);
    tiles.dispose();
    return { decodeMs: decodedAt - startedAt, tileMs: performance.now() - decodedAt };
  }

  /** Images a second with as many at a time as there are threads. */
  async imagesPerSecond(bytes: Uint8Array, maxTiles: number): Promise<number> {
    let left = imageCount;
    const startedAt = performance.now();
    const workers = Array.from({ length: threads }, async () => {
      while (left-- > 0) await this.prepare(bytes, maxTiles);
    });
    await Promise.all(workers);
    return (imageCount * 1000) / (performance.now() - startedAt);
  }

  dispose(): void {
    this.tiler.dispose();
    this.runtime.dispose();
  }
}

/** Images a second of the peer, or why there is no figure. */
function measurePeer(file: string, maxTiles: number): number | string {
  const script = path.join(import.meta.dirname, '..', '..', '..', 'tools', 'measure-pillow.py');
  const args = [script, file, String(maxTiles), String(imageCount), String(threads)];
  const { status, stdout, stderr, error } = spawnSync(options.python, args, { encoding: 'utf8' });
  if (status === 0) return Number(stdout);
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
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let run = 0; run < RUNS; run++) {
    ours.push(await pipeline.imagesPerSecond(bytes, picture.maxTiles));
    const peer = measurePeer(file, picture.maxTiles);
    if (typeof peer === 'string') {
      if (run === 0) console.log(`no peer: ${peer}`);
      continue;
    }
    theirs.push(peer);
  }
  const peerCell = theirs.length === 0 ? 'not here' : median(theirs).toFixed(1);
  return [
    picture.name,
    median(stages.map(({ decodeMs }) => decodeMs)).toFixed(1),
    median(stages.map(({ tileMs }) => tileMs)).toFixed(1),
    median(ours).toFixed(1),
    peerCell,
    theirs.length === 0 ? '-' : (median(ours) / median(theirs)).toFixed(2),
  ];
}

console.log(
  `${describeMachine()}; ${threads} threads, ${imageCount} images a run, medians of ${RUNS} runs\n`,
);
const directory = await mkdtemp(path.join(tmpdir(), 'tessera-bench-'));
const pipeline = new OurPipeline();
try {
  const rows: (string | number)[][] = [];
  for (const picture of await makePictures()) rows.push(await measure(pipeline, picture, directory));
  printTable(['picture', 'decode ms', 'tile ms', 'images/s', 'Pillow + torchvision images/s', 'ratio'], rows);
} finally {
  pipeline.dispose();
  await rm(directory, { recursive: true });
}
