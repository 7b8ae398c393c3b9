/** @import { TilingAnswer, TilingRequest, TilingWorkerData } from './tiling-thread.js' */
import { parentPort, workerData } from 'node:worker_threads';
import { Resampler } from './resampler.mjs';

const { module } = /** @type {TilingWorkerData} */ (workerData);
const resampler = new Resampler(module);

// One answer to each request, in their order. What is thrown ends the thread and reaches its owner.
parentPort?.on('message', (/** @type {TilingRequest} */ request) => {
  const answer = answerTo(request);
  const given = [answer.slice, answer.tiles].filter((bytes) => bytes !== undefined);
  parentPort?.postMessage(
    answer,
    given.map(({ buffer }) => buffer),
  );
});

/**
 * @param {TilingRequest} request
 * @returns {TilingAnswer}
 */
function answerTo(request) {
  if ('job' in request) {
    return { isPossible: resampler.begin(request.job), memoryBytes: resampler.memoryBytes };
  }
  const { slice, length } = request;
  const tiles = resampler.push(slice.subarray(0, length));
  return { isPossible: true, memoryBytes: resampler.memoryBytes, slice, tiles };
}
