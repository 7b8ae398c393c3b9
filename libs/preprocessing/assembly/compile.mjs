import { readFile } from 'node:fs/promises';
import path from 'node:path';
import asc from 'assemblyscript/asc';

const FLAGS = ['--optimizeLevel', '3', '--shrinkLevel', '0', '--converge', '--noAssert', '--enable', 'simd'];
// No garbage collector and no abort: the program takes its memory itself and has nothing that throws.
const RUNTIME = ['--runtime', 'stub', '--use', 'abort='];

/** Compiles the resampler and returns src/generated/resampler-wasm.ts with it. */
export async function compileResampler() {
  let wasm;
  const { error, stderr } = await asc.main(['resampler.ts', '--outFile', 'out.wasm', ...FLAGS, ...RUNTIME], {
    readFile: (name, directory) =>
      readFile(path.resolve(import.meta.dirname, directory, name), 'utf8').catch(() => null),
    writeFile: (_, contents) => {
      wasm = contents;
    },
    listFiles: () => [],
  });
  if (error) throw new Error(`the resampler does not compile: ${stderr.toString()}`, { cause: error });
  const base64 = Buffer.from(wasm).toString('base64');
  return `// Compiled from assembly/ by "npm run build:wasm -w libs/preprocessing".\nexport const RESAMPLER_WASM =\n  '${base64}';\n`;
}
