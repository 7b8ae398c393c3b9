// `npm run docs`: brings the generated sections of docs/ up to date.
import { readFile, writeFile } from 'node:fs/promises';
import { GENERATED_PAGES } from './pages.js';

for (const { path, render } of GENERATED_PAGES) {
  await writeFile(path, await render(await readFile(path, 'utf8')));
  console.log(`wrote ${path}`);
}
