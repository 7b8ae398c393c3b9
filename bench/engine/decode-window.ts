import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { Engine } from '@tessera/engine';

export interface DecodeRun {
  readonly modelDirectory: string;
  readonly batch: number;
  readonly threads: number;
  readonly maxTokens: number;
}

/** What was measured while all sequences of a batch were decoded together. */
export interface DecodeWindow {
  /** Wall time from step to step. */
  readonly stepMs: number;
  readonly tokensPerSecond: number;
  /** Share of a step that is not inside ONNX Runtime's run; undefined without a profile. */
  readonly outsideShare: number | undefined;
}

/** Decodes a batch once and measures the steps in which every sequence took part. */
export async function measureDecode(run: DecodeRun, profileDirectory?: string): Promise<DecodeWindow> {
  const { modelDirectory, batch, threads, maxTokens } = run;
  const profileTo =
    profileDirectory === undefined ? {} : { profileTo: path.join(profileDirectory, 'profile') };
  const engine = await Engine.load({ modelDirectory, threads, slotCount: batch, ...profileTo });
  const tokenTimes = Array.from({ length: batch }, (): number[] => []);
  await Promise.all(
    tokenTimes.map(async (times, index) => {
      const { finishReason } = await engine.generate({
        messages: [{ role: 'user', content: [{ type: 'text', text: `Question ${index} of ${batch}?` }] }],
        images: [],
        maxTokens,
        onLogits: () => times.push(performance.now()),
      });
      if (finishReason !== 'length')
        throw new Error('a random model stopped by itself; measure with another shape');
    }),
  );
  await engine.close();
  return toWindow(tokenTimes, profileDirectory === undefined ? undefined : await readRuns(profileDirectory));
}

function toWindow(tokenTimes: readonly number[][], runsMs: readonly number[] | undefined): DecodeWindow {
  const batch = tokenTimes.length;
  const joined = Math.max(...tokenTimes.map((times) => times[0] as number));
  const firstDone = Math.min(...tokenTimes.map((times) => times.at(-1) as number));
  // The sequence that joined last is in every step of the window, and its tokens are the last runs of the engine.
  const last = tokenTimes.find((times) => times[0] === joined) as number[];
  const steps = last.filter((time) => time > joined && time <= firstDone).length;
  const wallMs = (last[steps] as number) - joined;
  const ofLast = runsMs?.slice(-(last.length - 1)).slice(0, steps);
  const insideMs = ofLast?.reduce((sum, ms) => sum + ms, 0);
  return {
    stepMs: wallMs / steps,
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
