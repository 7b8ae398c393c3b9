import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { childEnvironment } from './child-environment.js';
import { ConfigurationError } from './configuration-error.js';
import { loadConfig } from './load-config.js';
import { SETTINGS } from './settings.js';

function problemsOf(environment: Record<string, string>) {
  try {
    loadConfig(environment);
  } catch (error) {
    if (error instanceof ConfigurationError) return error;
    throw error;
  }
  throw new Error('the environment was accepted');
}

describe('loadConfig', () => {
  it('gives the documented defaults for an empty environment', () => {
    const config = loadConfig({});
    expect(config.http).toMatchObject({ host: '127.0.0.1', port: 8080, maxBodyBytes: 75_000_000 });
    expect(config.redis).toEqual({ url: undefined, prefix: 'tessera' });
    expect(config.store).toEqual({ kind: 'folder', directory: resolve('.tessera/store') });
    expect(config.inputs.buckets).toEqual([]);
    expect(config.runtime.directory).toBe(resolve('.tessera/runtime'));
    expect(config.model.directory).toMatch(/models\/tessera-tiny$/);
    expect(config.network.allowedPrivateNetworks).toEqual([]);
  });

  it('reads texts into numbers, lists, booleans and absolute paths', () => {
    const config = loadConfig({
      PORT: '0',
      TESSERA_DATA_DIR: '/srv/tessera',
      TESSERA_S3_PATH_STYLE: 'true',
      TESSERA_MODELS: 'a, b,',
      TESSERA_ALLOWED_PRIVATE_NETWORKS: '10.0.0.0/8,fd00::/8',
    });
    expect(config.http.port).toBe(0);
    expect(config.inputs.service.pathStyle).toBe(true);
    expect(config.data).toMatchObject({ directory: '/srv/tessera' });
    expect(config.store).toEqual({ kind: 'folder', directory: '/srv/tessera/store' });
    expect(config.model.acceptedIds).toEqual(['a', 'b']);
    expect(config.network.allowedPrivateNetworks).toEqual(['10.0.0.0/8', 'fd00::/8']);
  });

  it('takes an empty text as not set', () => {
    expect(loadConfig({ PORT: '', REDIS_URL: '' })).toEqual(loadConfig({}));
  });

  it('lists every problem with its rule and the value given', () => {
    const { message, problems } = problemsOf({
      PORT: 'eighty',
      TESSERA_DEVICE: 'abacus',
      TESSERA_ALLOWED_PRIVATE_NETWORKS: '10.0.0.1',
      TESSERA_MAX_STREAMS: '0',
    });
    expect(problems.map(({ name }) => name).sort()).toEqual([
      'PORT',
      'TESSERA_ALLOWED_PRIVATE_NETWORKS',
      'TESSERA_DEVICE',
      'TESSERA_MAX_STREAMS',
    ]);
    expect(message).toContain('PORT: must be a whole number from 0 to 65535, given "eighty"');
    expect(message).toContain('TESSERA_MAX_STREAMS: must be a whole number from 1 to 100000, given "0"');
  });

  it('refuses an unknown TESSERA_ variable and names the nearest known one', () => {
    const { message } = problemsOf({ TESSERA_MAX_STREAM: '3' });
    expect(message).toContain(
      'TESSERA_MAX_STREAM: no setting has this name; the nearest one is TESSERA_MAX_STREAMS',
    );
  });

  it('never prints a secret', () => {
    const { message } = problemsOf({ TESSERA_WEBHOOK_SECRET: 'hunter2', REDIS_URL: 'http://:hunter2@host' });
    expect(message).toContain('TESSERA_WEBHOOK_SECRET');
    expect(message).toContain('REDIS_URL');
    expect(message).not.toContain('hunter2');
  });

  it('reads a proxy by either name, with or without a scheme', () => {
    const upper = loadConfig({ HTTPS_PROXY: 'http://proxy:3128', NO_PROXY: 'localhost,.lan' });
    expect(upper.hub.proxy).toEqual({
      http: undefined,
      https: 'http://proxy:3128',
      except: ['localhost', '.lan'],
    });
    const lower = loadConfig({ https_proxy: 'proxy:3128', no_proxy: 'localhost,.lan', HTTPS_PROXY: '' });
    expect(lower.hub).toEqual(upper.hub);
  });

  it.each([
    ['store', { kind: 'folder', directory: resolve('store') }],
    ['/srv/store', { kind: 'folder', directory: '/srv/store' }],
    ['s3://pictures', { kind: 's3', bucket: 'pictures', prefix: '' }],
    ['s3://pictures/', { kind: 's3', bucket: 'pictures', prefix: '' }],
    ['s3://pictures/a/b.c/', { kind: 's3', bucket: 'pictures', prefix: 'a/b.c' }],
  ])('reads %s as the place of the object store', (text, place) => {
    expect(loadConfig({ TESSERA_STORE: text }).store).toMatchObject(place);
  });

  it.each([
    's3:pictures',
    's3://',
    's3:///a',
    's3://Pictures',
    's3://ab',
    's3://pictures//a',
    's3://pictures/a//b',
    's3://pictures/../other',
    's3://pictures/a b',
    'S3://pictures',
    `s3://pictures/${'a'.repeat(201)}`,
  ])('refuses %s as the place of the object store', (text) => {
    expect(problemsOf({ TESSERA_STORE: text }).message).toContain('must be a folder, s3://bucket');
  });

  it('gives the store and the inputs the same S3 service, a foreign one by path', () => {
    const config = loadConfig({
      TESSERA_STORE: 's3://pictures',
      TESSERA_INPUT_BUCKETS: 'cats, dogs',
      TESSERA_S3_ENDPOINT: 'http://minio:9000/',
      AWS_REGION: 'eu-west-1',
      TESSERA_S3_ENCRYPTION: 'aws:kms',
      TESSERA_S3_KMS_KEY: 'alias/pictures',
    });
    const service = {
      endpoint: 'http://minio:9000',
      region: 'eu-west-1',
      pathStyle: true,
      encryption: { algorithm: 'aws:kms', keyId: 'alias/pictures' },
    };
    expect(config.store).toEqual({ kind: 's3', bucket: 'pictures', prefix: '', service });
    expect(config.inputs).toEqual({ buckets: ['cats', 'dogs'], service });
    expect(loadConfig({}).inputs.service).toMatchObject({ endpoint: undefined, pathStyle: false });
  });

  it('refuses a KMS key that nothing would use, and a bucket that cannot exist', () => {
    expect(problemsOf({ TESSERA_S3_KMS_KEY: 'k' }).message).toContain('TESSERA_S3_ENCRYPTION=aws:kms');
    expect(problemsOf({ TESSERA_INPUT_BUCKETS: 'cats/a' }).message).toContain('TESSERA_INPUT_BUCKETS');
  });

  it('hands out settings that cannot be changed', () => {
    const config = loadConfig({});
    expect(() => Object.assign(config.http, { port: 1 })).toThrow(TypeError);
  });
});

describe('SETTINGS', () => {
  it('documents every setting with a default that the setting itself accepts', () => {
    for (const { name, description, default: standard } of SETTINGS) {
      expect(description.length, name).toBeGreaterThan(10);
      if (standard !== undefined && !/ |</.test(standard)) {
        expect(loadConfig({ [name]: standard }), name).toEqual(loadConfig({}));
      }
    }
  });
});

describe('childEnvironment', () => {
  it('lays overrides over the environment of this process and drops what is undefined', () => {
    const child = childEnvironment({ PATH: undefined, TESSERA_SLOTS: '4' });
    expect(child).toMatchObject({ TESSERA_SLOTS: '4' });
    expect(child).not.toHaveProperty('PATH');
    expect(Object.keys(child).length).toBeGreaterThan(1);
  });
});

describe('the administrator key', () => {
  it.each(['short', 'fifteen-chars-x', 'with a space in it', 'ünïcödé-characters'])(
    'is refused without being quoted: %s',
    (TESSERA_ADMIN_KEY) => {
      const { message } = problemsOf({ TESSERA_ADMIN_KEY });
      expect(message).toContain('TESSERA_ADMIN_KEY: must be 16 to 512 printable characters without spaces');
      expect(message).not.toContain(TESSERA_ADMIN_KEY);
    },
  );

  it('may have sixteen characters', () => {
    expect(loadConfig({ TESSERA_ADMIN_KEY: '0123456789abcdef' }).access.adminKey).toBe('0123456789abcdef');
  });
});
