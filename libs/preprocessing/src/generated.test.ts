import { expect, it } from 'vitest';
import { RESAMPLER_WASM } from './generated/resampler-wasm.js';

const compiler = new URL('../assembly/compile.mjs', import.meta.url).href;

it('the committed WebAssembly is what its sources compile to', async () => {
  const { compileResampler } = (await import(compiler)) as { compileResampler: () => Promise<string> };
  // "npm run build:wasm -w libs/preprocessing" writes it anew.
  expect(await compileResampler()).toContain(`'${RESAMPLER_WASM}'`);
}, 60_000);
