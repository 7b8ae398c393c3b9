import { expect, it } from 'vitest';
import { CANDIDATES_WASM } from './generated/candidates-wasm.js';

const compiler = new URL('../../../../tools/compile-assembly.mjs', import.meta.url).href;

it('the committed WebAssembly is what its sources compile to', async () => {
  const { compileAssembly } = (await import(compiler)) as {
    compileAssembly: (workspace: string) => Promise<string>;
  };
  // "npm run build:wasm -w libs/model/engine" writes it anew.
  expect(await compileAssembly('libs/model/engine')).toContain(`'${CANDIDATES_WASM}'`);
}, 60_000);
