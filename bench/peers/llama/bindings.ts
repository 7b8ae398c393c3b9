import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

/**
 * The part of node-llama-cpp's bindings that is used here: below its queue, so that a step costs no more JavaScript than a
 * call. They are not its public interface; the version in bench/README.md has them.
 */
export interface Bindings {
  AddonModel: new (file: string, options: { addonExports: Bindings; gpuLayers: 0 }) => LlamaModel;
  AddonContext: new (model: LlamaModel, options: ContextOptions) => LlamaContext;
}

interface ContextOptions {
  /** Positions of all sequences together. */
  readonly contextSize: number;
  readonly batchSize: number;
  readonly sequences: number;
  readonly threads: number;
  readonly flashAttention: 'auto';
}

export interface LlamaModel {
  init(): Promise<boolean>;
  dispose(): Promise<void>;
  getModelDescription(): string;
  getTotalParameters(): number;
}

export interface LlamaContext {
  init(): Promise<boolean>;
  dispose(): Promise<void>;
  initBatch(tokens: number): void;
  addToBatch(
    sequence: number,
    position: number,
    tokens: Uint32Array,
    tokensWithLogits: Uint32Array,
  ): Uint32Array;
  decodeBatch(): Promise<void>;
  getThreads(): number;
  getSequenceKvCacheMaxPosition(sequence: number): number;
}

interface Package {
  getLlama(options: {
    gpu: false;
    build: 'never';
    skipDownload: true;
    progressLogs: false;
    logLevel: 'error';
  }): Promise<{
    readonly _bindings: Bindings;
    readonly llamaCppRelease: { readonly release: string };
    readonly systemInfo: string;
    dispose(): Promise<void>;
  }>;
}

export interface LoadedLlama {
  readonly bindings: Bindings;
  readonly version: string;
  dispose(): Promise<void>;
}

/** Loads the prebuilt CPU library of an installed node-llama-cpp; nothing is built or downloaded. */
export async function loadLlama(packageDirectory: string): Promise<LoadedLlama> {
  const { version } = JSON.parse(await readFile(path.join(packageDirectory, 'package.json'), 'utf8')) as {
    version: string;
  };
  const entry = pathToFileURL(path.join(packageDirectory, 'dist', 'index.js')).href;
  const nodeLlamaCpp = (await import(entry)) as Package;
  const llama = await nodeLlamaCpp.getLlama({
    gpu: false,
    build: 'never',
    skipDownload: true,
    progressLogs: false,
    logLevel: 'error',
  });
  const uses = [...llama.systemInfo.matchAll(/(\w+) = 1/g)].map(([, feature]) => feature);
  return {
    bindings: llama._bindings,
    version: `llama.cpp ${llama.llamaCppRelease.release} of node-llama-cpp ${version}, ${uses.slice(-7).join(' ')}`,
    dispose: () => llama.dispose(),
  };
}
