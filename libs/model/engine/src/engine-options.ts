import { type DeviceId, type OrtLibrary, type OrtRuntime } from '@tessera/ort';
import { type ImageTiler } from '@tessera/preprocessing';
import { type EngineSnapshot } from './engine-snapshot.js';
import { type WatchdogOptions } from './watchdog.js';

export interface EngineOptions {
  /** A converted model. */
  modelDirectory: string;
  /** Where the model runs. @defaultValue cpu */
  device?: DeviceId;
  /** Another build of ONNX Runtime, as a device may need. @defaultValue the one of the npm package */
  library?: OrtLibrary | undefined;
  /** Threads of one operator. @defaultValue one per physical core */
  threads?: number;
  /** Sequences decoded together. @defaultValue 8, or as many as fit half of the cache budget */
  slotCount?: number;
  /** Memory for the KV cache. @defaultValue 4 GiB */
  cacheBudgetBytes?: number;
  /** Memory for features of images that were encoded before; 0 keeps none. @defaultValue 256 MiB */
  featureCacheBytes?: number;
  /** Memory that weights and caches may take together, on the CPU. @defaultValue the machine's or the container's */
  memoryLimitBytes?: number;
  /** Whether prompts take over what a slot holds of the same beginning. @defaultValue true */
  prefixReuse?: boolean;
  /** Tiles of one vision run, from one or several requests. @defaultValue 8 */
  tilesPerRun?: number;
  /** How long one run of the model may take, and who is told of one that cannot be ended. @defaultValue no limit */
  watchdog?: WatchdogOptions;
  /** How images are tiled. @defaultValue with Pillow's resize, on threads of its own */
  createTiler?: (runtime: OrtRuntime, tileSizePixels: number) => ImageTiler;
  /** Called after every step with who owns what. @defaultValue nothing is recorded */
  onStep?: (snapshot: EngineSnapshot) => void;
  /** File prefix for ONNX Runtime's chrome-trace profiles, written when the engine is closed. @defaultValue no profile */
  profileTo?: string;
}
