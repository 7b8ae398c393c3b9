import { type PinnedWheel } from '../runtime-build.js';

/** Wheels for Linux on x64, as pypi.org lists them, and what is taken from each. */
export const LINUX_X64_WHEELS: readonly PinnedWheel[] = [
  {
    project: 'onnxruntime-gpu',
    version: '1.30.0',
    fileName: 'onnxruntime_gpu-1.30.0-cp311-cp311-manylinux_2_28_x86_64.whl',
    bytes: 246_658_419,
    sha256: '4fbf0c5d7b5fb99266c2e8a802e3e64af68bdc383e0f3c7349b985f1087eedaa',
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
        bytes: 29_062_976,
      },
      {
        entry: 'onnxruntime/capi/libonnxruntime_providers_cuda.so',
        target: 'lib/libonnxruntime_providers_cuda.so',
        bytes: 272_049_904,
      },
      {
        entry: 'onnxruntime/capi/libonnxruntime_providers_shared.so',
        target: 'lib/libonnxruntime_providers_shared.so',
        bytes: 14_632,
      },
    ],
  },
  {
    project: 'nvidia-cuda-runtime',
    version: '13.0.96',
    fileName: 'nvidia_cuda_runtime-13.0.96-py3-none-manylinux2014_x86_64.manylinux_2_17_x86_64.whl',
    bytes: 2_243_632,
    sha256: '7f82250d7782aa23b6cfe765ecc7db554bd3c2870c43f3d1821f1d18aebf0548',
    files: [
      { entry: 'nvidia/cu13/lib/libcudart.so.13', target: 'lib/libcudart.so.13', bytes: 704_288 },
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
    fileName: 'nvidia_cuda_nvrtc-13.0.88-py3-none-manylinux2010_x86_64.manylinux_2_12_x86_64.whl',
    bytes: 90_215_200,
    sha256: 'ad9b6d2ead2435f11cbb6868809d2adeeee302e9bb94bcf0539c7a40d80e8575',
    files: [
      {
        entry: 'nvidia/cu13/lib/libnvrtc-builtins.so.13.0',
        target: 'lib/libnvrtc-builtins.so.13.0',
        bytes: 4_380_616,
      },
      { entry: 'nvidia/cu13/lib/libnvrtc.so.13', target: 'lib/libnvrtc.so.13', bytes: 109_338_064 },
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
    fileName: 'nvidia_cublas-13.1.0.3-py3-none-manylinux_2_27_x86_64.whl',
    bytes: 423_133_236,
    sha256: 'ee8722c1f0145ab246bccb9e452153b5e0515fd094c3678df50b2a0888b8b171',
    files: [
      { entry: 'nvidia/cu13/lib/libcublas.so.13', target: 'lib/libcublas.so.13', bytes: 54_177_976 },
      { entry: 'nvidia/cu13/lib/libcublasLt.so.13', target: 'lib/libcublasLt.so.13', bytes: 541_595_600 },
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
    fileName: 'nvidia_curand-10.4.0.35-py3-none-manylinux_2_27_x86_64.whl',
    bytes: 59_544_258,
    sha256: '1aee33a5da6e1db083fe2b90082def8915f30f3248d5896bcec36a579d941bfc',
    files: [
      { entry: 'nvidia/cu13/lib/libcurand.so.10', target: 'lib/libcurand.so.10', bytes: 132_698_328 },
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
    fileName: 'nvidia_cudnn_cu13-9.20.0.48-py3-none-manylinux_2_27_x86_64.whl',
    bytes: 366_173_588,
    sha256: '0c45dd8eeb50b603f07995b1b300c62ffe6a1980482b82b3bcf94a4ca9d49304',
    files: [
      { entry: 'nvidia/cudnn/lib/libcudnn.so.9', target: 'lib/libcudnn.so.9', bytes: 129_240 },
      { entry: 'nvidia/cudnn/lib/libcudnn_adv.so.9', target: 'lib/libcudnn_adv.so.9', bytes: 109_169_104 },
      { entry: 'nvidia/cudnn/lib/libcudnn_cnn.so.9', target: 'lib/libcudnn_cnn.so.9', bytes: 4_203_904 },
      {
        entry: 'nvidia/cudnn/lib/libcudnn_engines_precompiled.so.9',
        target: 'lib/libcudnn_engines_precompiled.so.9',
        bytes: 245_391_920,
      },
      {
        entry: 'nvidia/cudnn/lib/libcudnn_engines_runtime_compiled.so.9',
        target: 'lib/libcudnn_engines_runtime_compiled.so.9',
        bytes: 29_386_664,
      },
      { entry: 'nvidia/cudnn/lib/libcudnn_graph.so.9', target: 'lib/libcudnn_graph.so.9', bytes: 4_460_192 },
      {
        entry: 'nvidia/cudnn/lib/libcudnn_heuristic.so.9',
        target: 'lib/libcudnn_heuristic.so.9',
        bytes: 60_822_040,
      },
      { entry: 'nvidia/cudnn/lib/libcudnn_ops.so.9', target: 'lib/libcudnn_ops.so.9', bytes: 39_855_888 },
      {
        entry: 'nvidia_cudnn_cu13-9.20.0.48.dist-info/licenses/License.txt',
        target: 'licences/nvidia-cudnn-cu13/License.txt',
        bytes: 18_174,
      },
    ],
  },
];
