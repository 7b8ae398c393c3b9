import { expect, it } from 'vitest';
import { RESAMPLER_WASM } from './generated/resampler-wasm.js';

const compiler = new URL('../../../tools/compile-assembly.mjs', import.meta.url).href;

it('the committed WebAssembly is what its sources compile to', async () => {
  const { compileAssembly } = (await import(compiler)) as {
    compileAssembly: (workspace: string) => Promise<string>;
  };
  // "npm run build:wasm -w libs/preprocessing" writes it anew.
  expect(await compileAssembly('libs/preprocessing')).toContain(`'${RESAMPLER_WASM}'`);
}, 60_000);
