import { readFileSync } from 'node:fs';
import path from 'node:path';
import { type PromptMessage } from '@tessera/contracts';
import { convertModel, type WeightOptions } from '@tessera/converter';
import { Engine, type EngineOptions, type GenerationRequest } from '@tessera/engine';
import { type DeviceId } from '@tessera/ort';
import { findRepositoryRoot, temporaryDirectory } from '@tessera/testing';
import { inject } from 'vitest';
import { loadPicture } from './golden-cases.js';

declare module 'vitest' {
  interface ProvidedContext {
    device: DeviceId;
  }
}

/** One evaluation question, with the answer and tile grid of the reference implementation. */
export interface Question {
  picture: string;
  question: string;
  reference: string;
  grid: [number, number];
  tiles: number;
}

export const TINY_CHECKPOINT = path.join(findRepositoryRoot(), 'models', 'tessera-tiny');
const evaluation = path.join(findRepositoryRoot(), 'test', 'golden', 'evaluation');

export function readQuestions(): Question[] {
  const lines = readFileSync(path.join(evaluation, 'questions.jsonl'), 'utf8').trim().split('\n');
  return lines.map((line) => JSON.parse(line) as Question);
}

export interface TinyModel {
  readonly modelDirectory: string;
  load(options?: Partial<EngineOptions>): Promise<Engine>;
  remove(): Promise<void>;
}

/** What the engine's tests run on: each device is a project of Vitest. */
export function testedDevice(): DeviceId {
  return inject('device');
}

/** A measure of work by device: a software driver is some hundred times as slow as a CPU. */
export function onDevice<T>(measures: { cpu: T; webgpu: T }): T {
  return testedDevice() === 'cpu' ? measures.cpu : measures.webgpu;
}

/** The small trained model, converted into a folder of the test's own. */
export async function convertTinyModel(weights: Partial<WeightOptions> = {}): Promise<TinyModel> {
  const directory = await temporaryDirectory('tessera-tiny');
  const modelDirectory = path.join(directory.path, 'model');
  await convertModel({ source: TINY_CHECKPOINT, output: modelDirectory, ...weights });
  return {
    modelDirectory,
    load: (options = {}) =>
      Engine.load({ modelDirectory, device: testedDevice(), threads: 2, slotCount: 8, ...options }),
    remove: () => directory.remove(),
  };
}

/** A request that shows the named evaluation pictures and asks one question about them. */
export async function ask(names: readonly string[], question: string): Promise<GenerationRequest> {
  const images = await Promise.all(names.map((name) => loadPicture(path.join(evaluation, 'pictures', name))));
  const shown = images.map((_, image) => ({ type: 'image' as const, image }));
  const messages: PromptMessage[] = [{ role: 'user', content: [...shown, { type: 'text', text: question }] }];
  return { messages, images };
}

/** An answer with the logits of every step. */
export interface Recorded {
  tokenIds: readonly number[];
  logits: Float32Array[];
}

export async function record(engine: Engine, request: GenerationRequest): Promise<Recorded> {
  const logits: Float32Array[] = [];
  const { tokenIds } = await engine.generate({
    ...request,
    onLogits: (values) => logits.push(values.slice()),
  });
  return { tokenIds, logits };
}

/** Largest difference of two runs' logits, relative to the largest logit. */
export function difference(ours: readonly Float32Array[], theirs: readonly Float32Array[]): number {
  let worst = 0;
  let largest = 0;
  for (const [step, values] of ours.entries()) {
    for (const [id, value] of values.entries()) {
      worst = Math.max(worst, Math.abs(value - (theirs[step]?.[id] ?? NaN)));
      largest = Math.max(largest, Math.abs(value));
    }
  }
  return worst / largest;
}
