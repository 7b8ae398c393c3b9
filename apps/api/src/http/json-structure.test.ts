import { describe, expect, it } from 'vitest';
import { findJsonStructureViolation, MAX_JSON_DEPTH, MAX_JSON_VALUES } from './json-structure.js';

const violationOf = (text: string) => findJsonStructureViolation(Buffer.from(text));

describe('findJsonStructureViolation', () => {
  it('allows nesting up to the limit and not one level more', () => {
    expect(violationOf('['.repeat(MAX_JSON_DEPTH) + ']'.repeat(MAX_JSON_DEPTH))).toBeUndefined();
    expect(violationOf('{"a":'.repeat(MAX_JSON_DEPTH + 1))).toBe('too_deep');
  });

  it('counts siblings at any depth as values', () => {
    expect(violationOf(`[${'0,'.repeat(MAX_JSON_VALUES - 2)}0]`)).toBeUndefined();
    expect(violationOf(`[${'[],'.repeat(MAX_JSON_VALUES)}0]`)).toBe('too_many_values');
  });

  it('does not count brackets and commas inside strings', () => {
    expect(violationOf(JSON.stringify({ text: '[{,'.repeat(MAX_JSON_VALUES) }))).toBeUndefined();
  });

  it('finds the end of a string behind escaped quotes and backslashes', () => {
    const deep = '['.repeat(MAX_JSON_DEPTH + 1);
    expect(violationOf(`{"a":"\\"${deep}"}`)).toBeUndefined();
    expect(violationOf(`{"a":"\\\\","b":${deep}`)).toBe('too_deep');
  });

  it('stops at a string that never ends', () => {
    expect(violationOf(`{"a":"${'['.repeat(MAX_JSON_DEPTH + 1)}`)).toBeUndefined();
    expect(violationOf('"')).toBeUndefined();
    expect(violationOf('"abc\\"')).toBeUndefined();
  });
});
