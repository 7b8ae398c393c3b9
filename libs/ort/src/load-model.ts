import { appendProvider } from './devices/append-provider.js';
import { type OrtApi, type Pointer } from './native/ort-api.js';
import { type SessionOptions, type SessionSurroundings } from './session.js';

const OPTIMIZE_ALL = 99;

/** Makes the native session of a model, on a thread-pool thread. @throws DeviceUnavailableError */
export async function loadModel(
  { api, context }: SessionSurroundings,
  environment: Pointer,
  model: string | Uint8Array,
  options: SessionOptions,
): Promise<Pointer> {
  const native = api.create('CreateSessionOptions');
  try {
    setOptions(api, native, options);
    if (context !== undefined) await appendProvider(context, native);
    if (typeof model === 'string') return await api.createAsync('CreateSession', environment, model, native);
    return await api.createAsync('CreateSessionFromArray', environment, model, model.byteLength, native);
  } finally {
    api.release('ReleaseSessionOptions', native);
  }
}

function setOptions(api: OrtApi, native: Pointer, options: SessionOptions): void {
  const { device = 'cpu', allowCpuFallback = true, recordPlacement = false, profileTo } = options;
  api.call('DisablePerSessionThreads', native);
  api.call('SetSessionGraphOptimizationLevel', native, OPTIMIZE_ALL);
  if (profileTo !== undefined) api.call('EnableProfiling', native, profileTo);
  if (device !== 'cpu' && !allowCpuFallback) {
    api.call('AddSessionConfigEntry', native, 'session.disable_cpu_ep_fallback', '1');
  }
  if (recordPlacement) {
    api.call('AddSessionConfigEntry', native, 'session.record_ep_graph_assignment_info', '1');
  }
}
