import { startTestS3 } from '@tessera/testing';
import OpenAI from 'openai';
import { startSystem } from '../service/system.js';

/** Two of each process as built, over one Redis and one bucket. */
export interface ReplicatedSystem {
  /** OpenAI's own client as it comes, pointed at each of the two API processes. */
  readonly clients: readonly [OpenAI, OpenAI];
  /** Of the two API processes. */
  readonly urls: readonly [string, string];
  stop(): Promise<void>;
}

/** Resolves once every process is ready. Image URLs may be on loopback. */
export async function startReplicatedSystem(): Promise<ReplicatedSystem> {
  const s3 = await startTestS3();
  const system = await startSystem(s3.settings('openai')).catch(async (error: unknown) => {
    await s3.close();
    throw error;
  });
  const stop = async (): Promise<void> => {
    await system.stop();
    await s3.close();
  };
  try {
    const [api, dispatcher, worker] = [
      system.start('api'),
      system.start('dispatcher'),
      system.start('worker'),
    ];
    const listening = await api.logged('listening');
    await Promise.all([dispatcher.logged('started'), worker.logged('started')]);
    const urls = [system.url, String(listening['url'])] as const;
    return { urls, clients: [clientOf(urls[0]), clientOf(urls[1])], stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function clientOf(url: string): OpenAI {
  return new OpenAI({ baseURL: `${url}/v1`, apiKey: 'none' });
}
