import { type DeviceId } from '../device.js';

/** What ONNX Runtime needs to be told to use a device. */
export interface ExecutionProvider {
  /** Its name in the list of what a library was built with, and in the placement of nodes. */
  readonly name: string;
  /** Its memory, by the name that ONNX Runtime gives it. */
  readonly memoryName: string;
  /** How it is added to session options: by its name, or by a call of its own. */
  readonly appendAs: { readonly kind: 'name'; readonly name: string } | { readonly kind: 'cuda' };
  readonly options: Readonly<Record<string, string>>;
  /** Libraries that must lie beside ONNX Runtime's own, without prefix and suffix. */
  readonly companionLibraries: readonly string[];
  /** The library of the driver that the device cannot do without, by platform. */
  readonly driverLibrary: Partial<Record<NodeJS.Platform, string>>;
  /** Whether a tensor's pointer is an address, so that a view may begin inside another tensor. */
  readonly addressable: boolean;
  /** Whether all sessions share one native context, which one thread at a time may use. */
  readonly sharedContext: boolean;
  /** What to do where the device cannot be used although its libraries are there. */
  readonly remedy: string;
}

/** How every device but the CPU is reached. */
export const EXECUTION_PROVIDERS: Readonly<Record<Exclude<DeviceId, 'cpu'>, ExecutionProvider>> = {
  cuda: {
    name: 'CUDAExecutionProvider',
    memoryName: 'Cuda',
    appendAs: { kind: 'cuda' },
    options: {},
    companionLibraries: ['onnxruntime_providers_shared', 'onnxruntime_providers_cuda'],
    driverLibrary: { linux: 'libcuda.so.1', win32: 'nvcuda.dll' },
    addressable: true,
    sharedContext: false,
    remedy:
      'install an NVIDIA driver of version 580 or newer, and in a container start it with the GPU (docker run --gpus all); where the message names another library, repeat `tessera runtime install cuda --force`',
  },
  webgpu: {
    name: 'WebGpuExecutionProvider',
    memoryName: 'WebGPU_Buf',
    appendAs: { kind: 'name', name: 'WebGPU' },
    // Our graphs have no convolution, so a rewrite to channels-last would find nothing to do, and it forgets
    // which node was placed where.
    options: { preferredLayout: 'NCHW' },
    companionLibraries: [],
    driverLibrary: {},
    addressable: false,
    sharedContext: true,
    remedy:
      'on Linux install libvulkan1 and the Vulkan driver of the GPU, and see that /dev/dri can be opened; on macOS and Windows update the system and its graphics driver',
  },
};
