import { type ObjectStore } from '@tessera/storage';

const IMAGE_KEY = /^jobs\/([^/]+)\/images\//;

/** Prefix of a job's inline images, which the API stores before it makes the job. */
export function imagesPrefix(jobId: string): string {
  return `jobs/${jobId}/images/`;
}

/** Ids of the jobs of which the store holds images; one comes as often as it has any. */
export async function* storedJobIds(objectStore: ObjectStore): AsyncGenerator<string> {
  for await (const key of objectStore.list('jobs/')) {
    const jobId = IMAGE_KEY.exec(key)?.[1];
    if (jobId !== undefined) yield jobId;
  }
}
