import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { compileResampler } from './compile.mjs';

const file = path.join(import.meta.dirname, '..', 'src', 'generated', 'resampler-wasm.ts');
await mkdir(path.dirname(file), { recursive: true });
await writeFile(file, await compileResampler());
