import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { findRepositoryRoot } from '@tessera/testing';
import { describe, expect, it } from 'vitest';
import { GENERATED_PAGES } from '../../../tools/docs/pages.js';

describe('generated documentation', () => {
  it.each(GENERATED_PAGES)('$path says what the code says (npm run docs)', async ({ path: page, render }) => {
    const text = await readFile(path.join(findRepositoryRoot(), page), 'utf8');
    expect(await render(text)).toBe(text);
  });
});
