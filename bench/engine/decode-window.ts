import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { Engine } from '@tessera/engine';

export interface DecodeRun {
  readonly modelDirectory: string;
  readonly batch: number;
  readonly threads: number;
  readonly maxTokens: number;
  /** What every sequence is asked. @defaultValue a short question of its own */
  readonly question?: string;
  /** Steps that count, from where the last sequence joined. @defaultValue all in which every sequence takes part */
  readonly steps?: number;
}

/** Room for 16 slots of the largest shape that is measured; only pages that are written to take memory. */
const CACHE_BUDGET_BYTES = 6 * 1024 ** 3;

/** What was measured while all sequences of a batch were decoded together. */
export interface DecodeWindow {
  /** Wall time from step to step. */
  readonly stepMs: number;
  readonly steps: number;
  /** Of the longest prompt. */
  readonly promptTokens: number;
  readonly tokensPerSecond: number;
  /** Share of a step that is not inside ONNX Runtime's run; undefined without a profile. */
  readonly outsideShare: number | undefined;
}

/** Decodes a batch once and measures the steps in which every sequence took part. */
export async function measureDecode(run: DecodeRun, profileDirectory?: string): Promise<DecodeWindow> {
  const { modelDirectory, batch, threads, maxTokens, question } = run;
  const profileTo =
    profileDirectory === undefined ? {} : { profileTo: path.join(profileDirectory, 'profile') };
  const cache = { slotCount: batch, cacheBudgetBytes: CACHE_BUDGET_BYTES };
  const engine = await Engine.load({ modelDirectory, threads, ...cache, ...profileTo });
  const tokenTimes = Array.from({ length: batch }, (): number[] => []);
  const promptTokens = await Promise.all(
    tokenTimes.map(async (times, index) => {
      const text = question ?? `Question ${index} of ${batch}?`;
      const { finishReason, usage } = await engine.generate({
        messages: [{ role: 'user', content: [{ type: 'text', text }] }],
        images: [],
        maxTokens,
        onLogits: () => times.push(performance.now()),
      });
      if (finishReason !== 'length')
        throw new Error('a random model stopped by itself; measure with another shape');
      return usage.prompt_tokens;
    }),
  );
  await engine.close();
  const runsMs = profileDirectory === undefined ? undefined : await readRuns(profileDirectory);
  return { ...toWindow(tokenTimes, runsMs, run.steps), promptTokens: Math.max(...promptTokens) };
}

/** The steps of token times in which every sequence took part; `runsMs` of all runs of the decoder, where they are known. */
export function toWindow(
  tokenTimes: readonly number[][],
  runsMs: readonly number[] | undefined,
  wantedSteps = Infinity,
): Omit<DecodeWindow, 'promptTokens'> {
  const batch = tokenTimes.length;
  const joined = Math.max(...tokenTimes.map((times) => times[0] as number));
  const firstDone = Math.min(...tokenTimes.map((times) => times.at(-1) as number));
  // The sequence that joined last is in every step of the window, and its tokens are the last runs of the engine.
  const last = tokenTimes.find((times) => times[0] === joined) as number[];
  const together = last.filter((time) => time > joined && time <= firstDone).length;
  const steps = Math.min(together, wantedSteps);
  const wallMs = (last[steps] as number) - joined;
  const ofLast = runsMs?.slice(-(last.length - 1)).slice(0, steps);
  const insideMs = ofLast?.reduce((sum, ms) => sum + ms, 0);
  return {
    stepMs: wallMs / steps,
    steps,
    tokensPerSecond: (1000 * batch * steps) / wallMs,
    outsideShare: insideMs === undefined ? undefined : 1 - insideMs / wallMs,
  };
}

interface ProfileEvent {
  name: string;
  dur: number;
}

/** Milliseconds of every run of the decoder, from ONNX Runtime's own profile. */
async function readRuns(directory: string): Promise<number[]> {
  const file = (await readdir(directory)).find((name) => name.startsWith('profile-decoder'));
  if (file === undefined) throw new Error(`ONNX Runtime wrote no profile to ${directory}`);
  const events = JSON.parse(await readFile(path.join(directory, file), 'utf8')) as ProfileEvent[];
  return events.filter(({ name }) => name === 'model_run').map(({ dur }) => dur / 1000);
}
