/** Where a tensor's memory is and a session's kernels run. */
export interface Device {
  readonly id: 'cpu';
  /** True when tensors of the device are plain process memory that JavaScript can read. */
  readonly hostAccessible: boolean;
}

export const CPU_DEVICE: Device = { id: 'cpu', hostAccessible: true };
