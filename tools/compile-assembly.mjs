import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import asc from 'assemblyscript/asc';

/** By the workspace: the file in its assembly/ that has the exports. */
const PROGRAMS = {
  'libs/preprocessing': 'resampler',
  'libs/model/engine': 'candidates',
};
const FLAGS = ['--optimizeLevel', '3', '--shrinkLevel', '0', '--converge', '--noAssert', '--enable', 'simd'];
// No garbage collector and no abort: the programs take their memory themselves and have nothing that throws.
const RUNTIME = ['--runtime', 'stub', '--use', 'abort='];
const root = path.join(import.meta.dirname, '..');

/**
 * Compiles the AssemblyScript of a workspace to WebAssembly, and returns the module src/generated/<program>-wasm.ts with it.
 * @param {keyof typeof PROGRAMS} workspace
 */
export async function compileAssembly(workspace) {
  const program = PROGRAMS[workspace];
  const sources = path.join(root, workspace, 'assembly');
  let wasm;
  const { error, stderr } = await asc.main([`${program}.ts`, '--outFile', 'out.wasm', ...FLAGS, ...RUNTIME], {
    readFile: (name, directory) => readFile(path.resolve(sources, directory, name), 'utf8').catch(() => null),
    writeFile: (_, contents) => {
      wasm = contents;
    },
    listFiles: () => [],
  });
  if (error) {
    throw new Error(`the program of ${workspace} does not compile: ${stderr.toString()}`, { cause: error });
  }
  return [
    `// Compiled from assembly/ by "npm run build:wasm -w ${workspace}".`,
    `export const ${program.toUpperCase()}_WASM =`,
    `  '${Buffer.from(wasm).toString('base64')}';\n`,
  ].join('\n');
}

if (process.argv[1] === import.meta.filename) {
  const workspace = path.relative(root, process.cwd());
  const generated = path.join(root, workspace, 'src', 'generated');
  const module = await compileAssembly(workspace);
  await mkdir(generated, { recursive: true });
  await writeFile(path.join(generated, `${PROGRAMS[workspace]}-wasm.ts`), module);
}
