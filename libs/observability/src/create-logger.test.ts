import { describe, expect, it } from 'vitest';
import { createLogger } from './create-logger.js';
import { withLogContext } from './log-context.js';
import { toNestLogger } from './nest-logger.js';

function captureLines() {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  const logger = createLogger({ name: 'test', level: 'debug', destination });
  const entries = () => lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  return { logger, lines, entries };
}

describe('createLogger', () => {
  it('writes one JSON object a line with name, level in words and ISO time', () => {
    const { logger, entries } = captureLines();
    logger.child({ requestId: 'request-1' }).info({ jobId: 'job-1' }, 'made');
    expect(entries()).toHaveLength(1);
    expect(entries()[0]).toMatchObject({
      name: 'test',
      level: 'info',
      requestId: 'request-1',
      jobId: 'job-1',
      msg: 'made',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT/) as unknown,
    });
  });

  it.each([
    ['a webhook secret in a message', 'signed with whsec_aGVsbG8gaHVudGVyMg== today'],
    ['a data URL in a message', 'got data:image/png;base64,aHVudGVyMg+/= here'],
    ['an API key in a message', 'the key was tsk_hunter2aGVsbG8aHVudGVyMgaGVsbG8gaHVudGVyMg12'],
    ['a bearer token in a message', 'header was Bearer hunter2'],
    ['the query of a URL', 'https://images.test/a.png?X-Amz-Signature=hunter2 cannot be read'],
    ['a password in a URL', 'no connection to redis://user:hunter2@host:6379/0'],
  ])('blanks out %s', (_case, message) => {
    const { logger, lines } = captureLines();
    logger.error({ err: new Error(message), field: { deep: [message] } }, message);
    expect(lines[0]).not.toMatch(/hunter2|aHVudGVyMg|aGVsbG8/);
    expect(lines[0]).toContain('[redacted]');
  });

  it('blanks out header and secret fields by name', () => {
    const { logger, lines } = captureLines();
    logger.info({
      headers: { authorization: 'hunter2' },
      secret: 'hunter2',
      access: { adminKey: 'hunter2', apiKey: 'hunter2' },
      a: { b: { cookie: 'hunter2' } },
    });
    expect(lines[0]).not.toContain('hunter2');
  });

  it('keeps ordinary URLs and lines valid JSON', () => {
    const { logger, entries } = captureLines();
    logger.info(
      { url: 'https://example.test/a.png', note: 'data:text/plain;base64,AA==' },
      'a "quoted" text',
    );
    expect(entries()[0]).toMatchObject({ url: 'https://example.test/a.png', msg: 'a "quoted" text' });
  });
});

describe('toNestLogger', () => {
  it('passes on context, level and error', () => {
    const { logger, entries } = captureLines();
    const nest = toNestLogger(logger);
    nest.log('route mapped', 'Router');
    nest.error(new Error('broken'), 'at line 1', 'Controller');
    expect(entries()[0]).toMatchObject({ level: 'debug', context: 'Router', msg: 'route mapped' });
    expect(entries()[1]).toMatchObject({ level: 'error', context: 'Controller', details: ['at line 1'] });
    expect(entries()[1]?.['err']).toMatchObject({ message: 'broken' });
  });
});

describe('withLogContext', () => {
  it('puts its fields on every line of the work, also after a wait, and on no other', async () => {
    const { logger, entries } = captureLines();
    const work = withLogContext({ requestId: 'req_1' }, async () => {
      await Promise.resolve();
      withLogContext({ jobId: 'job_1' }, () => logger.info('inner'));
      logger.info('outer');
    });
    logger.info('beside');
    await work;
    expect(entries().map(({ msg, requestId, jobId }) => [msg, requestId, jobId])).toEqual([
      ['beside', undefined, undefined],
      ['inner', 'req_1', 'job_1'],
      ['outer', 'req_1', undefined],
    ]);
  });

  it('gives way to what a line says itself', () => {
    const { logger, lines } = captureLines();
    withLogContext({ jobId: 'job_1' }, () => logger.info({ jobId: 'job_2' }, 'other'));
    expect(lines[0]).toContain('job_2');
    expect(lines[0]).not.toContain('job_1');
  });
});
