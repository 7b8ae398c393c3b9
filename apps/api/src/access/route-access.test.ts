import { describe, expect, it } from 'vitest';
import { accessOf, RouteWithoutAccessError } from './route-access.js';

describe('accessOf', () => {
  it.each([
    ['/health/ready', 'everybody'],
    ['/docs', 'everybody'],
    ['/docs/*', 'everybody'],
    ['/v1/models/:id', 'any key'],
    ['/v1/jobs', 'jobs'],
    ['/v1/jobs/:id/stream', 'jobs'],
    ['/v1/uploads/:id/parts', 'files'],
    ['/v1/admin/keys', 'admin'],
  ])('knows who may call %s', (route, access) => {
    expect(accessOf(route)).toBe(access);
  });

  it.each(['/v1', '/v1/jobsx', '/v1/secrets', '/', '*', '/docs-json'])(
    'refuses %s, which is not listed',
    (route) => {
      expect(() => accessOf(route)).toThrow(RouteWithoutAccessError);
    },
  );
});
