import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { carriedColumn, rowColumns, splitColumns } from './row-columns.js';

describe('the columns of a row', () => {
  it('have prompt_index after prompt where there are several prompts, and leave out what changes where that is asked', () => {
    const columns = (severalPrompts: boolean, omitVolatile: boolean) =>
      rowColumns({ severalPrompts, omitVolatile }).join(' ');
    expect(columns(false, false)).toMatch(
      /^key path prompt caption status .* model_revision timings created_at$/,
    );
    expect(columns(true, true)).toMatch(/^key path prompt prompt_index caption .* model model_revision$/);
  });

  it.each([
    ['url', 'url'],
    ['caption', 'source_caption'],
    ['source_caption', 'source_source_caption'],
    ['source_url', 'source_url'],
    ['prompt_index', 'source_prompt_index'],
  ])('call a column %s of the source %s', (name, column) => {
    expect(carriedColumn(name)).toBe(column);
  });

  it('keep apart what the source has', () => {
    const names = fc.uniqueArray(
      fc.constantFrom('key', 'source_key', 'source_source_key', 'source_', 'a', '__proto__'),
    );
    fc.assert(
      fc.property(names, (given) => {
        const columns = Object.fromEntries(given.map((name) => [carriedColumn(name), name]));
        const carried = Object.fromEntries(given.map((name) => [name, name]));
        expect(splitColumns({ ...columns, status: 'failed' })).toEqual({
          fixed: { status: 'failed' },
          carried,
        });
      }),
    );
  });
});
