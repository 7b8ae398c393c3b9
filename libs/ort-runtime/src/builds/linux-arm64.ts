import { type PinnedWheel } from '../runtime-build.js';

/** Wheels for Linux on arm64, as pypi.org lists them, and what is taken from each. */
export const LINUX_ARM64_WHEELS: readonly PinnedWheel[] = [
  {
    project: 'onnxruntime-gpu',
    version: '1.30.0',
    fileName: 'onnxruntime_gpu-1.30.0-cp311-cp311-manylinux_2_34_aarch64.whl',
    bytes: 205_734_826,
    sha256: '6c70b83afd6bfcc34b4b58d6a41f8c439c96811bbb7fe9fb1d2c2c9dd9c881b5',
    files: [
      { entry: 'onnxruntime/LICENSE', target: 'licences/onnxruntime-gpu/LICENSE', bytes: 1_073 },
      {
        entry: 'onnxruntime/ThirdPartyNotices.txt',
        target: 'licences/onnxruntime-gpu/ThirdPartyNotices.txt',
        bytes: 338_088,
      },
      {
        entry: 'onnxruntime/capi/libonnxruntime.so.1.30.0',
        target: 'lib/libonnxruntime.so.1',
        bytes: 24_937_176,
      },
      {
        entry: 'onnxruntime/capi/libonnxruntime_providers_cuda.so',
        target: 'lib/libonnxruntime_providers_cuda.so',
        bytes: 228_681_488,
      },
      {
        entry: 'onnxruntime/capi/libonnxruntime_providers_shared.so',
        target: 'lib/libonnxruntime_providers_shared.so',
        bytes: 198_792,
      },
    ],
  },
  {
    project: 'nvidia-cuda-runtime',
    version: '13.0.96',
    fileName: 'nvidia_cuda_runtime-13.0.96-py3-none-manylinux2014_aarch64.manylinux_2_17_aarch64.whl',
    bytes: 2_261_060,
    sha256: 'ef9bcbe90493a2b9d810e43d249adb3d02e98dd30200d86607d8d02687c43f55',
    files: [
      { entry: 'nvidia/cu13/lib/libcudart.so.13', target: 'lib/libcudart.so.13', bytes: 707_752 },
      {
        entry: 'nvidia_cuda_runtime-13.0.96.dist-info/licenses/License.txt',
        target: 'licences/nvidia-cuda-runtime/License.txt',
        bytes: 59_262,
      },
    ],
  },
  {
    project: 'nvidia-cuda-nvrtc',
    version: '13.0.88',
    fileName: 'nvidia_cuda_nvrtc-13.0.88-py3-none-manylinux2014_aarch64.manylinux_2_17_aarch64.whl',
    bytes: 43_015_449,
    sha256: 'd27f20a0ca67a4bb34268a5e951033496c5b74870b868bacd046b1b8e0c3267b',
    files: [
      {
        entry: 'nvidia/cu13/lib/libnvrtc-builtins.so.13.0',
        target: 'lib/libnvrtc-builtins.so.13.0',
        bytes: 4_380_456,
      },
      { entry: 'nvidia/cu13/lib/libnvrtc.so.13', target: 'lib/libnvrtc.so.13', bytes: 99_505_944 },
      {
        entry: 'nvidia_cuda_nvrtc-13.0.88.dist-info/licenses/License.txt',
        target: 'licences/nvidia-cuda-nvrtc/License.txt',
        bytes: 59_262,
      },
    ],
  },
  {
    project: 'nvidia-cublas',
    version: '13.1.0.3',
    fileName: 'nvidia_cublas-13.1.0.3-py3-none-manylinux_2_27_aarch64.whl',
    bytes: 542_851_226,
    sha256: 'c86fc7f7ae36d7528288c5d88098edcb7b02c633d262e7ddbb86b0ad91be5df2',
    files: [
      { entry: 'nvidia/cu13/lib/libcublas.so.13', target: 'lib/libcublas.so.13', bytes: 61_918_408 },
      { entry: 'nvidia/cu13/lib/libcublasLt.so.13', target: 'lib/libcublasLt.so.13', bytes: 629_929_568 },
      {
        entry: 'nvidia_cublas-13.1.0.3.dist-info/licenses/License.txt',
        target: 'licences/nvidia-cublas/License.txt',
        bytes: 59_262,
      },
    ],
  },
  {
    project: 'nvidia-curand',
    version: '10.4.0.35',
    fileName: 'nvidia_curand-10.4.0.35-py3-none-manylinux_2_27_aarch64.whl',
    bytes: 61_962_106,
    sha256: '133df5a7509c3e292aaa2b477afd0194f06ce4ea24d714d616ff36439cee349a',
    files: [
      { entry: 'nvidia/cu13/lib/libcurand.so.10', target: 'lib/libcurand.so.10', bytes: 147_889_368 },
      {
        entry: 'nvidia_curand-10.4.0.35.dist-info/licenses/License.txt',
        target: 'licences/nvidia-curand/License.txt',
        bytes: 59_262,
      },
    ],
  },
  {
    project: 'nvidia-cudnn-cu13',
    version: '9.20.0.48',
    fileName: 'nvidia_cudnn_cu13-9.20.0.48-py3-none-manylinux_2_27_aarch64.whl',
    bytes: 444_574_296,
    sha256: 'e31454ae00094b0c55319d9d15b6fa2fc50a9e1c0f5c8c80fb75258234e731e1',
    files: [
      { entry: 'nvidia/cudnn/lib/libcudnn.so.9', target: 'lib/libcudnn.so.9', bytes: 6_328_728 },
      { entry: 'nvidia/cudnn/lib/libcudnn_adv.so.9', target: 'lib/libcudnn_adv.so.9', bytes: 132_239_032 },
      { entry: 'nvidia/cudnn/lib/libcudnn_cnn.so.9', target: 'lib/libcudnn_cnn.so.9', bytes: 2_501_768 },
      {
        entry: 'nvidia/cudnn/lib/libcudnn_engines_precompiled.so.9',
        target: 'lib/libcudnn_engines_precompiled.so.9',
        bytes: 299_909_640,
      },
      {
        entry: 'nvidia/cudnn/lib/libcudnn_engines_runtime_compiled.so.9',
        target: 'lib/libcudnn_engines_runtime_compiled.so.9',
        bytes: 33_571_912,
      },
      { entry: 'nvidia/cudnn/lib/libcudnn_graph.so.9', target: 'lib/libcudnn_graph.so.9', bytes: 10_749_656 },
      {
        entry: 'nvidia/cudnn/lib/libcudnn_heuristic.so.9',
        target: 'lib/libcudnn_heuristic.so.9',
        bytes: 65_015_024,
      },
      { entry: 'nvidia/cudnn/lib/libcudnn_ops.so.9', target: 'lib/libcudnn_ops.so.9', bytes: 50_342_776 },
      {
        entry: 'nvidia_cudnn_cu13-9.20.0.48.dist-info/licenses/License.txt',
        target: 'licences/nvidia-cudnn-cu13/License.txt',
        bytes: 18_174,
      },
    ],
  },
];
