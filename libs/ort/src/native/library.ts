import koffi from 'koffi';
import { LibraryLoadError } from '../errors.js';

/** A build of ONNX Runtime other than the one that the `onnxruntime-node` package ships. */
export interface OrtLibrary {
  /** Its shared library. Those of its execution providers lie in the same folder. */
  readonly path: string;
  /** Libraries that are loaded before it, in this order: see {@link loadLibrary}. */
  readonly preload: readonly string[];
}

/** koffi runs foreign calls on stacks of its own; ONNX Runtime needs far more than the 128 KiB default. */
const NATIVE_STACK_BYTES = 16 * 1024 * 1024;

type Library = ReturnType<typeof koffi.load>;

/**
 * Libraries stay loaded until the process ends: koffi unloads one when its object is garbage, although functions taken
 * from the table still point into it.
 */
const LOADED_LIBRARIES = new Set<Library>();

/**
 * Loads a shared library for the rest of the process.
 *
 * Preloading in the right order is how the CUDA provider finds NVIDIA's libraries: it names them without a path and has
 * no run path of its own, and a path for the dynamic loader can only be set before a process starts. The loader takes a
 * library that is loaded already for any that asks for it by its name, whichever folder it came from.
 * @throws LibraryLoadError
 */
export function loadLibrary(path: string): Library {
  if (koffi.config().async_stack_size !== NATIVE_STACK_BYTES) {
    koffi.config({ sync_stack_size: NATIVE_STACK_BYTES, async_stack_size: NATIVE_STACK_BYTES });
  }
  try {
    const library = koffi.load(path);
    LOADED_LIBRARIES.add(library);
    return library;
  } catch (cause) {
    throw new LibraryLoadError(path, cause);
  }
}
