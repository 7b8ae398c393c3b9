import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Engine, EngineClosedError, type GenerationImage, type GenerationRequest } from '@tessera/engine';
import sharp from 'sharp';
import { describeMachine, printTable } from '../measure.js';
import { withRandomModel } from '../model/bench-models.js';
import { type Pauses, PauseMonitor } from './pause-monitor.js';
import { type BenchShape, MIDDLE_SHAPE, TINY_SHAPE } from '../model/bench-shapes.js';

/**
 * The longest time that the event loop stood still while the engine ran at full load: many requests at once, one and
 * many tiles, short and long prompts, some cancelled. Locks are renewed by timers, so this decides whether they are.
 */
const { values: options } = parseArgs({
  options: { threads: { type: 'string', default: '2' }, seconds: { type: 'string', default: '60' } },
});
const LIMIT_MS = 50;

interface Load {
  readonly shape: BenchShape;
  /** Tiles of the largest images. */
  readonly maxTiles: number;
  /** Words of the longest prompts: about five tokens each. */
  readonly longWords: number;
}

const LOADS: Load[] = [
  { shape: TINY_SHAPE, maxTiles: 40, longWords: 600 },
  { shape: MIDDLE_SHAPE, maxTiles: 40, longWords: 1600 },
];

async function loadImage(): Promise<GenerationImage> {
  const file = path.join(import.meta.dirname, '..', '..', '..', 'test', 'golden', 'images', 'hd.png');
  const bytes = await readFile(file);
  const decode = (): Promise<Uint8Array> => sharp(bytes).resize(1920, 1080, { fit: 'fill' }).raw().toBuffer();
  return { width: 1920, height: 1080, decode };
}

/** As long as an API lets through and far longer than any context: it must be refused, and in no time. */
const ENDLESS: GenerationRequest = {
  messages: [{ role: 'user', content: [{ type: 'text', text: 'no end '.repeat(600_000) }] }],
  images: [],
};

/** A request of the load, in turn: a short text, a long text, few tiles, many tiles. */
function makeRequest(load: Load, image: GenerationImage, turn: number): GenerationRequest {
  const longText = Array.from(
    { length: load.longWords },
    (_, index) => `word${(index * 7 + turn) % 10}`,
  ).join(' ');
  const text = (content: string) => ({ type: 'text' as const, text: content });
  const shown = { type: 'image' as const, image: 0 };
  switch (turn % 4) {
    case 0:
      return {
        messages: [{ role: 'user', content: [text(`Question ${turn}?`)] }],
        images: [],
        maxTokens: 24,
      };
    case 1:
      return { messages: [{ role: 'user', content: [text(longText)] }], images: [], maxTokens: 16 };
    default: {
      const maxTiles = turn % 4 === 2 ? 6 : load.maxTiles;
      return {
        messages: [{ role: 'user', content: [shown, text('What is this?')] }],
        images: [{ ...image, maxTiles }],
        maxTokens: 32,
      };
    }
  }
}

interface Outcome {
  answered: number;
  cancelled: number;
  refused: number;
  tokens: number;
}

/** Keeps twice as many requests in the engine as it has slots until the time is up, then closes it under them. */
async function runLoad(
  engine: Engine,
  load: Load,
  image: GenerationImage,
): Promise<Outcome & { running: Pauses }> {
  const monitor = new PauseMonitor();
  const outcome: Outcome = { answered: 0, cancelled: 0, refused: 0, tokens: 0 };
  let turn = 0;
  const client = async (): Promise<void> => {
    for (;;) {
      const mine = turn++;
      const controller = new AbortController();
      const onText = (): void => (mine % 9 === 8 ? controller.abort() : undefined);
      const request = mine % 13 === 12 ? ENDLESS : makeRequest(load, image, mine);
      try {
        const result = await engine.generate({ ...request, signal: controller.signal, onText });
        outcome.answered++;
        outcome.tokens += result.usage.total_tokens;
      } catch (error) {
        if (error instanceof EngineClosedError) return;
        if (controller.signal.aborted) outcome.cancelled++;
        else if (request === ENDLESS) outcome.refused++;
        else throw error;
      }
    }
  };
  const clients = Array.from({ length: 2 * engine.slotCount }, client);
  await delay(Number(options.seconds) * 1000);
  const running = monitor.stop();
  await engine.close();
  await Promise.all(clients);
  return { ...outcome, running };
}

async function measure(load: Load): Promise<string[]> {
  return withRandomModel(load.shape, async (modelDirectory) => {
    const image = await loadImage();
    const monitor = new PauseMonitor();
    const engine = await Engine.load({ modelDirectory, threads: Number(options.threads), slotCount: 8 });
    const loading = monitor.stop();
    const { running, ...outcome } = await runLoad(engine, load, image);
    const busy = running.maxBusyMs ?? running.maxMs;
    const times = [loading.maxMs, running.medianMs, running.percentile99Ms, running.maxMs, busy];
    return [
      load.shape.name,
      `${outcome.answered} answered (${outcome.tokens} tokens), ${outcome.cancelled} cancelled, ${outcome.refused} refused`,
      ...times.map((ms) => ms.toFixed(1)),
      busy <= LIMIT_MS ? 'yes' : 'NO',
    ];
  });
}

console.log(
  `${describeMachine()}; ${options.threads} threads, ${options.seconds} s of load, timer resolution 1 ms\n`,
);
const rows: string[][] = [];
for (const load of LOADS) rows.push(await measure(load));
printTable(
  [
    'model',
    'load',
    'loading: max ms',
    'median ms',
    '99th percentile ms',
    'max ms',
    'max busy ms',
    `busy at most ${LIMIT_MS} ms`,
  ],
  rows,
);
