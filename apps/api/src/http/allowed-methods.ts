import { Injectable } from '@nestjs/common';
import { type FastifyInstance, type RouteOptions } from 'fastify';

interface KnownPath {
  pattern: RegExp;
  methods: Set<string>;
}

/** Knows which methods every path answers, so that a wrong method gets 405 with `Allow` and not 404. */
@Injectable()
export class AllowedMethods {
  private readonly paths = new Map<string, KnownPath>();

  /** Notes every route that is added to `fastify` from now on. */
  watch(fastify: FastifyInstance): void {
    fastify.addHook('onRoute', (route: RouteOptions) => this.add(route.url, [route.method].flat()));
  }

  add(url: string, methods: readonly string[]): void {
    // A route that takes any path is a plugin's own fallback and says nothing about ours.
    if (url.includes('*')) return;
    const known = this.paths.get(url) ?? { pattern: toPattern(url), methods: new Set() };
    for (const method of methods) known.methods.add(method);
    this.paths.set(url, known);
  }

  /** Methods that the path of this request target answers, sorted; none when there is no such path. */
  forUrl(url: string): string[] {
    const path = url.split('?', 1)[0] ?? '';
    const methods = [...this.paths.values()]
      .filter(({ pattern }) => pattern.test(path))
      .flatMap((known) => [...known.methods]);
    return [...new Set(methods)].sort();
  }
}

function toPattern(url: string): RegExp {
  const segments = url
    .split('/')
    .map((segment) => (segment.startsWith(':') ? '[^/]+' : segment.replace(/[.+?^${}()|[\]\\]/g, '\\$&')));
  return new RegExp(`^${segments.join('/')}$`);
}
