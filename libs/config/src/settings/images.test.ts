import { describe, expect, it } from 'vitest';
import { loadConfig } from '../load-config.js';

describe('fetching', () => {
  it('is modest unless it is set otherwise', () => {
    const directives = ['noai', 'noimageai', 'noindex', 'noimageindex'];
    expect(loadConfig({}).fetching).toEqual({
      concurrency: 64,
      concurrencyPerHost: 6,
      requestsPerSecondPerHost: undefined,
      dnsCacheMs: 60_000,
      userAgent: 'Tessera',
      optOuts: { ofRows: directives, ofJobs: [] },
    });
  });

  it('is read each from its own variable', () => {
    const environment = {
      TESSERA_FETCHES: '1',
      TESSERA_FETCHES_PER_HOST: '2',
      TESSERA_FETCH_RATE_PER_HOST: '3',
      TESSERA_DNS_CACHE_SECONDS: '4',
      TESSERA_USER_AGENT: 'MyLab/2 (+https://lab.example/bot)',
      TESSERA_OPT_OUT_DIRECTIVES: 'NoAI, noindex',
      TESSERA_OPT_OUT_SCOPE: 'all',
    };
    expect(loadConfig(environment).fetching).toEqual({
      concurrency: 1,
      concurrencyPerHost: 2,
      requestsPerSecondPerHost: 3,
      dnsCacheMs: 4_000,
      userAgent: 'MyLab/2 (+https://lab.example/bot)',
      optOuts: { ofRows: ['noai', 'noindex'], ofJobs: ['noai', 'noindex'] },
    });
    const { optOuts } = loadConfig({ TESSERA_OPT_OUT_SCOPE: 'none' }).fetching;
    expect(optOuts).toEqual({ ofRows: [], ofJobs: [] });
  });

  it.each(['(contact)', 'My\nLab', 'MyLab é', ' '])('has no user agent like "%s"', (text) => {
    expect(() => loadConfig({ TESSERA_USER_AGENT: text })).toThrow(/TESSERA_USER_AGENT/);
  });
});
