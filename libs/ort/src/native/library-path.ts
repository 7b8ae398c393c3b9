import { createRequire } from 'node:module';
import path from 'node:path';
import { UnsupportedPlatformError } from '../errors.js';

const LIBRARY_FILES: Partial<Record<NodeJS.Platform, string>> = {
  linux: 'libonnxruntime.so.1',
  darwin: 'libonnxruntime.1.dylib',
  win32: 'onnxruntime.dll',
};

/** Path of the ONNX Runtime library that the `onnxruntime-node` package ships for this platform. */
export function findOrtLibrary(): string {
  const file = LIBRARY_FILES[process.platform];
  if (file === undefined) throw new UnsupportedPlatformError(process.platform, process.arch);
  const packageFile = createRequire(import.meta.url).resolve('onnxruntime-node/package.json');
  return path.join(path.dirname(packageFile), 'bin', 'napi-v6', process.platform, process.arch, file);
}
