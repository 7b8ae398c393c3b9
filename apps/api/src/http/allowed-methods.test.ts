import { describe, expect, it } from 'vitest';
import { AllowedMethods } from './allowed-methods.js';

describe('AllowedMethods', () => {
  const methods = new AllowedMethods();
  methods.add('/v1/jobs', ['POST']);
  methods.add('/v1/jobs', ['GET']);
  methods.add('/v1/jobs/:id', ['GET']);
  methods.add('/docs/*', ['GET']);

  it.each([
    ['/v1/jobs', ['GET', 'POST']],
    ['/v1/jobs?limit=1', ['GET', 'POST']],
    ['/v1/jobs/job_1', ['GET']],
    ['/v1/jobs/', []],
    ['/v1/jobs/a/b', []],
    ['/v1', []],
    ['/docs/x', []],
  ])('%s answers %j', (url, expected) => {
    expect(methods.forUrl(url)).toEqual(expected);
  });
});
