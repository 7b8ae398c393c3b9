import { join } from 'node:path';
import { type Config } from '@tessera/config';
import { ensureConvertedModel } from '@tessera/converter';
import { Engine } from '@tessera/engine';
import { type Logger } from '@tessera/observability';
import { findRuntimeLibrary } from '@tessera/ort-runtime';

/** Loads the configured model, converting a checkpoint on first use. */
export async function loadEngine(config: Config, logger: Logger): Promise<Engine> {
  const { slots, threads, kvCacheBytes, featureCacheBytes, device, stepTimeoutMs } = config.worker;
  const modelDirectory = await ensureConvertedModel({
    source: config.model.directory,
    cacheDirectory: join(config.data.directory, 'models'),
    precision: config.model.precision,
    prefill: config.model.prefill,
    log: (line) => logger.info(line),
  });
  const engine = await Engine.load({
    modelDirectory,
    device,
    library: await findRuntimeLibrary(device, config.runtime.directory),
    cacheBudgetBytes: kvCacheBytes,
    featureCacheBytes,
    watchdog: { stepTimeoutMs, onHang: (error) => die(error, logger) },
    ...(slots === undefined ? {} : { slotCount: slots }),
    ...(threads === undefined ? {} : { threads }),
  });
  logger.info({ model: engine.model, slots: engine.slotCount, memory: engine.memoryPlan }, 'model loaded');
  return engine;
}

/** Its jobs are taken up by another worker, as those of any worker that dies. */
function die(error: Error, logger: Logger): void {
  logger.fatal({ err: error }, 'the worker ends, its engine hangs');
  // `process.exit` would wait for the thread that hangs.
  process.kill(process.pid, 'SIGKILL');
}
