import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '@tessera/config';
import { type FetchOptions, SafeHttp, type UrlFetcher } from '@tessera/safe-fetch';
import { InputBuckets, openFolderStore } from '@tessera/storage';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { JobImages } from './job-images.js';

let folder: string;
let http: SafeHttp;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tessera-job-images-'));
  http = new SafeHttp({ allowedPrivateNetworks: [] });
});
afterAll(async () => {
  await http.close();
  await rm(folder, { recursive: true });
});

async function load(imageCount: number, maxBytesPerJob: number): Promise<{ width: number }[]> {
  const store = await openFolderStore(folder);
  const config = loadConfig({ TESSERA_MAX_JOB_IMAGE_BYTES: String(maxBytesPerJob) });
  const png = await sharp({ create: { width: 4, height: 2, channels: 3, background: 'red' } })
    .png()
    .toBuffer();
  await store.put('jobs/job_1/images/0', png);
  const source = { kind: 'object', key: 'jobs/job_1/images/0', bytes: png.length } as const;
  const images = Array.from({ length: imageCount }, () => ({ source }));
  const buckets = new InputBuckets({ ...config.inputs, store: config.store });
  return new JobImages(config, store, http, buckets).load(images, {
    isBulk: false,
    signal: new AbortController().signal,
  });
}

/** Directives that an image behind a URL is left alone for. */
async function refusedDirectives(environment: Record<string, string>, isBulk: boolean) {
  const store = await openFolderStore(folder);
  const config = loadConfig(environment);
  const buckets = new InputBuckets({ ...config.inputs, store: config.store });
  const asked: FetchOptions[] = [];
  const fetcher: UrlFetcher = {
    fetchBytes: async (_, options) => {
      asked.push(options);
      return sharp({ create: { width: 4, height: 2, channels: 3, background: 'red' } })
        .png()
        .toBuffer();
    },
  };
  const images = [{ source: { kind: 'url', url: 'https://example.com/a.png' } as const }];
  const need = { isBulk, signal: new AbortController().signal };
  await new JobImages(config, store, fetcher, buckets).load(images, need);
  return asked.map((options) => options.refusedDirectives);
}

describe('JobImages', () => {
  it('loads images up to the limit of a job, in order', async () => {
    const images = await load(9, 10_000);
    expect(images).toHaveLength(9);
    expect(images[0]).toMatchObject({ width: 4, height: 2 });
  });

  it('refuses a job whose images are too large together, naming the limit', async () => {
    await expect(load(9, 200)).rejects.toMatchObject({
      code: 'image_too_large',
      message: 'the images of a job may have at most 200 bytes together',
    });
  });

  it('heeds opt-outs for rows, and for single jobs where that is asked for', async () => {
    const all = { TESSERA_OPT_OUT_SCOPE: 'all' };
    const directives = ['noai', 'noimageai', 'noindex', 'noimageindex'];
    expect(await refusedDirectives({}, true)).toEqual([directives]);
    expect(await refusedDirectives({}, false)).toEqual([[]]);
    expect(await refusedDirectives(all, false)).toEqual([directives]);
  });

  it('heeds none where they are switched off, and those alone that are chosen', async () => {
    expect(await refusedDirectives({ TESSERA_OPT_OUT_SCOPE: 'none' }, true)).toEqual([[]]);
    expect(await refusedDirectives({ TESSERA_OPT_OUT_DIRECTIVES: 'NoAI, noindex' }, true)).toEqual([
      ['noai', 'noindex'],
    ]);
  });
});
