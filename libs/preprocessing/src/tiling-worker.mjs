/** @import { TilingRequest, TilingWorkerData } from './tiling-thread.js' */
import { parentPort, workerData } from 'node:worker_threads';
import { Resampler } from './resampler.mjs';

const { module } = /** @type {TilingWorkerData} */ (workerData);
const resampler = new Resampler(module);

// One answer to each request, in their order. What is thrown ends the thread and reaches its owner.
parentPort?.on('message', (/** @type {TilingRequest} */ request) => {
  parentPort?.postMessage(answer(request));
});

/** @param {TilingRequest} request */
function answer(request) {
  if ('pixels' in request) resampler.push(request.pixels);
  const isPossible = 'pixels' in request || resampler.begin(request.job, request.into);
  return { isPossible, memoryBytes: resampler.memoryBytes };
}
