import { inBatches } from '../in-batches.js';
import { type JobUpkeepOptions } from '../job-upkeep.js';
import { type UpkeepScripts } from './upkeep-scripts.js';

const BATCH_SIZE = 200;

type Parts = Pick<JobUpkeepOptions, 'storedJobIds' | 'removeOrphan' | 'logger'> & { scripts: UpkeepScripts };

/** Removes inputs that have been in the store without a record for `afterMs`. One that cannot go stays for next time. */
export async function removeOrphans(parts: Parts, afterMs: number): Promise<void> {
  for await (const ids of inBatches(parts.storedJobIds(), BATCH_SIZE)) {
    for (const jobId of await parts.scripts.noteOrphans(ids, afterMs)) await removeOrphan(parts, jobId);
  }
}

async function removeOrphan({ removeOrphan, logger }: Parts, jobId: string): Promise<void> {
  try {
    await removeOrphan(jobId);
    logger.info({ jobId }, 'removed inputs of a job that was never made');
  } catch (err) {
    logger.error({ err, jobId }, 'could not remove inputs of a job that was never made');
  }
}
