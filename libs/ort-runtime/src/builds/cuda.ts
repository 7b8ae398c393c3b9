import { type RuntimeBuild } from '../runtime-build.js';
import { LINUX_ARM64_WHEELS } from './linux-arm64.js';
import { LINUX_X64_WHEELS } from './linux-x64.js';

/**
 * The CUDA build of the ONNX Runtime that `onnxruntime-node` ships, with NVIDIA's libraries of the CUDA version that it
 * was built with: those run with every driver of that major version.
 *
 * `libonnxruntime_providers_cuda.so` names cuBLAS, cuRAND and the CUDA runtime. cuDNN it opens by name when an operator
 * asks for it; cuDNN and cuBLAS open NVRTC. cuFFT and TensorRT serve no operator of ours and are left out.
 *
 * All libraries go into one folder, since those of NVIDIA that have a run path look beside themselves first. ONNX
 * Runtime's CUDA provider and NVRTC have none: what they ask for is loaded before them.
 */
const CUDA: Omit<RuntimeBuild, 'platform' | 'arch' | 'wheels'> = {
  device: 'cuda',
  version: '1.30.0',
  requires: 'an NVIDIA driver of version 580 or newer',
  library: 'lib/libonnxruntime.so.1',
  preload: [
    'lib/libcudart.so.13',
    'lib/libnvrtc-builtins.so.13.0',
    'lib/libnvrtc.so.13',
    'lib/libcublasLt.so.13',
    'lib/libcublas.so.13',
    'lib/libcurand.so.10',
    'lib/libcudnn.so.9',
  ],
};

/** By platform. Windows has wheels too, but nobody has tried to load them from here. */
export const CUDA_BUILDS: readonly RuntimeBuild[] = [
  { ...CUDA, platform: 'linux', arch: 'x64', wheels: LINUX_X64_WHEELS },
  { ...CUDA, platform: 'linux', arch: 'arm64', wheels: LINUX_ARM64_WHEELS },
];
