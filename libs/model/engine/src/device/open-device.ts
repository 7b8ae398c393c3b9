import { type ModelManifest } from '@tessera/converter';
import { type DeviceId, DeviceUnavailableError, type OrtRuntime, probeDevice } from '@tessera/ort';
import { PREFILL_CHUNK_TOKENS } from '../policy/prefill-chunks.js';
import { DeviceLacksFloat16Error } from '../errors.js';

/** Query tokens of one run up to which attention is right on devices where wider runs are not; see `DeviceProbe`. */
const NARROW_RUN_TOKENS = 31;

/** Which part of a model runs where, and how. */
export interface EngineDevice {
  readonly id: DeviceId;
  /** The vision encoder's: its runs are wide, so a device without wide attention leaves it to the CPU. */
  readonly vision: DeviceId;
  /** Prompt tokens of one prefill run at most. */
  readonly prefillChunkTokens: number;
}

/**
 * Tries a device out before a model is loaded onto it.
 * @throws DeviceUnavailableError
 * @throws DeviceLacksFloat16Error
 */
export async function openDevice(
  runtime: OrtRuntime,
  id: DeviceId,
  manifest: ModelManifest,
): Promise<EngineDevice> {
  if (id === 'cpu') return { id, vision: id, prefillChunkTokens: PREFILL_CHUNK_TOKENS };
  const probe = await probeDevice(runtime, id);
  if (!probe.usable) throw new DeviceUnavailableError(id, probe.reason, probe.remedy);
  const { activations, embeddings } = manifest.weights;
  if (!probe.float16 && (activations === 'float16' || embeddings === 'float16')) {
    throw new DeviceLacksFloat16Error(id, activations === 'float16' ? 'activations' : 'embeddings');
  }
  return probe.wideAttention
    ? { id, vision: id, prefillChunkTokens: PREFILL_CHUNK_TOKENS }
    : { id, vision: 'cpu', prefillChunkTokens: NARROW_RUN_TOKENS };
}
