import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { TransferOptionError, UnusableAnswerError } from '@tessera/download';
import {
  HubOptionError,
  NotACheckpointError,
  RepositoryAccessError,
  RepositoryNotFoundError,
} from '@tessera/hub';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bytesOf, CHECKPOINT, json, PullFixture, REPOSITORY } from './pull-fixture.js';

const TOKEN = 'hf_secret';

let fixture: PullFixture;
beforeEach(async () => {
  fixture = await PullFixture.open();
});
afterEach(() => fixture.close());

const withToken = (token: string) => ({ hub: { endpoint: fixture.hub.endpoint, token } });

describe('the token', () => {
  it('goes to the hub with every request, and never to the store that it redirects to', async () => {
    fixture.hub.publish(REPOSITORY, CHECKPOINT);
    fixture.hub.token = TOKEN;
    await fixture.pull(withToken(TOKEN));
    const sentBy = (server: string) =>
      fixture.hub.requests
        .filter((request) => request.server === server)
        .map(({ headers }) => headers.authorization);
    expect(new Set(sentBy('hub'))).toEqual(new Set([`Bearer ${TOKEN}`]));
    expect(sentBy('store')).toEqual([undefined, undefined]);
  });

  it('is asked for where the hub gives no access without one', async () => {
    fixture.hub.publish(REPOSITORY, CHECKPOINT);
    fixture.hub.token = TOKEN;
    const failure = fixture.pull();
    await expect(failure).rejects.toBeInstanceOf(RepositoryAccessError);
    await expect(failure).rejects.toThrow(
      /HTTP 401: Invalid username or password\.\).* in HF_TOKEN or --token/,
    );
    expect(fixture.hub.requests).toHaveLength(1);
  });

  it('without access is reported as such, and never repeated', async () => {
    fixture.hub.publish(REPOSITORY, CHECKPOINT);
    fixture.hub.plan('revision', { kind: 'status', status: 403 });
    const failure = fixture.pull(withToken('hf_mine'));
    await expect(failure).rejects.toThrow('the account of the token given has no access');
    await expect(failure).rejects.not.toThrow('hf_mine');
  });

  it('is asked for where the listing is public and the files are gated', async () => {
    fixture.hub.publish(REPOSITORY, CHECKPOINT);
    const headers = {
      'x-error-code': 'GatedRepo',
      'x-error-message': 'Access to model is restricted.',
    };
    fixture.hub.plan('config.json', { kind: 'status', status: 401, headers });
    const failure = fixture.pull();
    await expect(failure).rejects.toBeInstanceOf(RepositoryAccessError);
    await expect(failure).rejects.toThrow('HTTP 401: Access to model is restricted');
  });

  it('that is no token is refused without being repeated', async () => {
    const failure = fixture.pull(withToken('hf_a\nb'));
    await expect(failure).rejects.toBeInstanceOf(TransferOptionError);
    await expect(failure).rejects.not.toThrow('hf_a');
  });
});

describe('what cannot be downloaded', () => {
  it('is a repository that the hub does not have', async () => {
    await expect(fixture.pull()).rejects.toBeInstanceOf(RepositoryNotFoundError);
  });

  it.each(['', 'a/b/c', '../etc', 'a/..', 'owner/', '/name', 'https://huggingface.co/a/b', 'a/b?x', 'a b/c'])(
    'is what is no name of a repository: %j',
    async (repository) => {
      await expect(fixture.pull({ repository })).rejects.toBeInstanceOf(HubOptionError);
      expect(fixture.hub.requests).toEqual([]);
    },
  );

  it.each([
    [
      'pickled weights only',
      { 'config.json': json({}), 'pytorch_model.bin': json(1) },
      'its weights are pickled (pytorch_model.bin)',
    ],
    ['no weights', { 'config.json': json({}) }, 'it has neither model.safetensors nor'],
    ['no configuration', { 'model.safetensors': json(1), 'model.gguf': json(2) }, 'it has no config.json'],
    [
      'a shard missing',
      { ...CHECKPOINT, 'model.safetensors.index.json': json({ weight_map: { a: 'gone.safetensors' } }) },
      'names "gone.safetensors"',
    ],
    [
      'a shard outside the folder',
      { ...CHECKPOINT, 'model.safetensors.index.json': json({ weight_map: { a: '../x.safetensors' } }) },
      'names "../x.safetensors"',
    ],
    [
      'an index that is none',
      { ...CHECKPOINT, 'model.safetensors.index.json': { content: Buffer.from('<html>') } },
      'has no valid weight_map',
    ],
  ])('is a repository with %s, and nothing is written', async (_, files, message) => {
    fixture.hub.publish(REPOSITORY, files);
    const failure = fixture.pull();
    await expect(failure).rejects.toBeInstanceOf(NotACheckpointError);
    await expect(failure).rejects.toThrow(message);
    await expect(readdir(fixture.directory)).rejects.toThrow('ENOENT');
  });
});

describe('a hostile hub', () => {
  it('writes nothing outside the folder, whatever paths it lists', async () => {
    fixture.hub.publish(REPOSITORY, CHECKPOINT);
    const paths = [
      '../evil.json',
      '/tmp/evil.json',
      '..\\evil.json',
      'C:\\evil.json',
      'a/../../config.json',
      '.npmrc',
    ];
    fixture.hub.extraEntries.push(
      ...paths.map((path) => ({ type: 'file', path, size: 4, oid: '1'.repeat(40) })),
      { type: 'file', path: './config.json', size: 4, oid: '1'.repeat(40) },
    );
    expect(await fixture.pull()).toMatchObject({ fileCount: 3 });
    expect(await readdir(`${fixture.directory}/..`)).toEqual(['checkpoint']);
  });

  it.each([
    ['a file without checksum', { type: 'file', path: 'x', size: 4 }, 'without size or checksum'],
    ['a negative size', { type: 'file', path: 'x', size: -4, oid: '1'.repeat(40) }, 'size'],
    ['what is no entry', 7, 'expected object'],
  ])('that lists %s is refused', async (_, entry, message) => {
    fixture.hub.publish(REPOSITORY, CHECKPOINT);
    fixture.hub.extraEntries.push(entry);
    const failure = fixture.pull();
    await expect(failure).rejects.toBeInstanceOf(UnusableAnswerError);
    await expect(failure).rejects.toThrow(message);
  });

  it('that redirects for ever, or to no web address, is left', async () => {
    fixture.hub.publish(REPOSITORY, CHECKPOINT);
    const loop = {
      kind: 'status',
      status: 302,
      headers: { location: '/api/models/OpenGVLab/Tiny/revision/main' },
    } as const;
    fixture.hub.plan('revision', ...Array.from({ length: 11 }, () => loop));
    await expect(fixture.pull()).rejects.toThrow('more than 10 redirects');
    fixture.hub.plan('revision', {
      kind: 'status',
      status: 302,
      headers: { location: 'file:///etc/passwd' },
    });
    await expect(fixture.pull()).rejects.toThrow('redirects to what is no http or https address');
  });

  it('that sends no JSON is refused with its address', async () => {
    const endpoint = `${fixture.hub.endpoint}/nothing/here`;
    await expect(fixture.pull({ hub: { endpoint } })).rejects.toBeInstanceOf(RepositoryNotFoundError);
    fixture.hub.plan('revision', { kind: 'status', status: 200 });
    fixture.hub.publish(REPOSITORY, CHECKPOINT);
    await expect(fixture.pull()).rejects.toThrow(
      '/api/models/OpenGVLab/Tiny/revision/main gave an answer that cannot be used',
    );
  });
});

describe('a store', () => {
  it('that refuses a link signed too long ago is asked again through the hub', async () => {
    fixture.hub.publish(REPOSITORY, {
      ...CHECKPOINT,
      'model.safetensors': { content: bytesOf('w', 10), lfs: true },
    });
    fixture.hub.plan('model.safetensors', { kind: 'status', status: 403 });
    await fixture.pull();
    const redirects = fixture.hub.requests.filter(({ path }) => path.endsWith('/model.safetensors'));
    expect(redirects).toHaveLength(2);
  });
});

describe('a proxy', () => {
  const tunnels: string[] = [];
  let proxy: Server;
  beforeEach(async () => {
    tunnels.length = 0;
    proxy = createServer();
    proxy.on('connect', ({ url = '' }, client, head: Buffer) => {
      tunnels.push(url);
      const [host = '', port] = url.split(':');
      const server = connect(Number(port), host, () => {
        client.write('HTTP/1.1 200 Connection established\r\n\r\n');
        server.write(head);
        server.pipe(client).pipe(server);
      });
      for (const socket of [client, server]) socket.on('error', () => undefined);
    });
    await once(proxy.listen(0, '127.0.0.1'), 'listening');
  });
  afterEach(async () => {
    proxy.closeAllConnections();
    await once(proxy.close(), 'close');
  });
  const url = () => `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  const pullThrough = (except: string[]) =>
    fixture.pull({
      hub: { endpoint: fixture.hub.endpoint, proxy: { http: url(), https: undefined, except } },
    });

  it('carries the requests to hub and store', async () => {
    fixture.hub.publish(REPOSITORY, CHECKPOINT);
    await pullThrough([]);
    expect(new Set(tunnels).size).toBe(2);
    expect(tunnels).toContain(new URL(fixture.hub.endpoint).host);
  });

  it('is left out for the hosts that need none', async () => {
    fixture.hub.publish(REPOSITORY, CHECKPOINT);
    await pullThrough(['127.0.0.1']);
    expect(tunnels).toEqual([]);
  });

  it('that is no proxy is refused, without its password', async () => {
    const hub = {
      endpoint: fixture.hub.endpoint,
      proxy: { http: 'ftp://me:hunter2@host', https: undefined, except: [] },
    };
    const failure = fixture.pull({ hub });
    await expect(failure).rejects.toBeInstanceOf(TransferOptionError);
    await expect(failure).rejects.not.toThrow('hunter2');
  });
});
