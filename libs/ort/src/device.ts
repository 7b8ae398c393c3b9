/** Devices that a session may run on. TensorRT, CoreML and DirectML would be rows of {@link EXECUTION_PROVIDERS}. */
export const DEVICE_IDS = ['cpu', 'cuda', 'webgpu'] as const;
export type DeviceId = (typeof DEVICE_IDS)[number];

/** Where a tensor's memory is and a session's kernels run. */
export interface Device {
  readonly id: DeviceId;
  /** True when tensors of the device are plain process memory that JavaScript can read. */
  readonly hostAccessible: boolean;
}

export const DEVICES: Readonly<Record<DeviceId, Device>> = {
  cpu: { id: 'cpu', hostAccessible: true },
  cuda: { id: 'cuda', hostAccessible: false },
  webgpu: { id: 'webgpu', hostAccessible: false },
};

export const CPU_DEVICE = DEVICES.cpu;
