import { type Device, DEVICES, type DeviceId } from '../device.js';
import { type NativeHandle } from '../native/native-handle.js';
import { type OrtApi, type Pointer } from '../native/ort-api.js';
import { DeviceTurns } from './device-turns.js';
import { EXECUTION_PROVIDERS, type ExecutionProvider } from './execution-provider.js';

/** What sessions and tensors of one device share in a process. */
export interface DeviceContext {
  readonly api: OrtApi;
  readonly environment: NativeHandle;
  readonly device: Device;
  readonly provider: ExecutionProvider;
  readonly turns: DeviceTurns;
  /** Whether the environment has been told of the provider's library, where it has one of its own. */
  isRegistered: boolean;
}

/** The devices of one environment, each made when it is first asked for. */
export class DeviceContexts {
  private readonly contexts = new Map<DeviceId, DeviceContext>();

  constructor(
    private readonly api: OrtApi,
    private readonly environment: NativeHandle,
  ) {}

  /** Undefined for the CPU, which needs nothing of this. */
  of(id: DeviceId): DeviceContext | undefined {
    if (id === 'cpu') return undefined;
    const known = this.contexts.get(id);
    if (known !== undefined) return known;
    const context: DeviceContext = {
      api: this.api,
      environment: this.environment,
      device: DEVICES[id],
      provider: EXECUTION_PROVIDERS[id],
      turns: new DeviceTurns(),
      isRegistered: false,
    };
    this.contexts.set(id, context);
    return context;
  }
}

/** Copies between tensors of a device and process memory, or within the device; on a thread-pool thread. */
export function copyTensor(context: DeviceContext, from: Pointer, to: Pointer): Promise<void> {
  const { api, environment } = context;
  return api.callAsync('CopyTensors', environment.pointer, [from], [to], null, 1);
}
