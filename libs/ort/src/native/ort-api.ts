import koffi from 'koffi';
import { OrtError, OrtVersionError } from '../errors.js';
import {
  FUNCTION_TABLE,
  type FunctionName,
  ORT_API_VERSION,
  OUT,
  OUT_INT,
  OUT_SIZE,
  PATH,
  POINTERS,
  STRINGS,
} from './function-table.js';
import { loadLibrary, type OrtLibrary } from './library.js';
import { findOrtLibrary } from './library-path.js';

/** A native pointer; koffi hands them out as integers. Null pointers are `null`. */
export type Pointer = bigint;
type NativeArgument =
  Pointer | number | string | null | ArrayBufferView | [Pointer | number | null] | readonly string[];
type NativeResult = Pointer | number | string | null | undefined;
interface NativeFunction {
  (...args: NativeArgument[]): NativeResult;
  async(...args: [...NativeArgument[], (error: unknown, result: NativeResult) => void]): void;
}
type Functions = Record<FunctionName, NativeFunction>;

/** A type as koffi takes it: a name, a type object or a direction marker. */
type NativeType = Parameters<typeof koffi.out>[0];

const NATIVE_TYPES: Record<string, () => NativeType> = {
  [OUT]: () => koffi.out(koffi.pointer('void *')),
  [OUT_SIZE]: () => koffi.out(koffi.pointer('size_t')),
  [OUT_INT]: () => koffi.out(koffi.pointer('int')),
  [POINTERS]: () => koffi.pointer('void *'),
  [STRINGS]: () => koffi.pointer('str'),
  [PATH]: () => (process.platform === 'win32' ? 'str16' : 'str'),
};

/** The calls of ONNX Runtime's C API, with its status objects turned into {@link OrtError}s. */
export class OrtApi {
  /** Native objects made and not yet released. */
  liveHandles = 0;

  private constructor(
    private readonly functions: Functions,
    /** Version of the library, such as `1.30.0`. */
    readonly version: string,
    readonly libraryPath: string,
  ) {}

  /**
   * Loads the library, by default that of `onnxruntime-node`, and its function table.
   * @throws LibraryLoadError; OrtVersionError when it is too old
   */
  static load({ path, preload }: OrtLibrary = { path: findOrtLibrary(), preload: [] }): OrtApi {
    keepTelemetryOff();
    for (const companion of preload) loadLibrary(companion);
    const library = loadLibrary(path);
    const base = library.func('OrtGetApiBase', 'void *', [])() as Pointer;
    const [getApi, getVersion] = readPointers(base, 2);
    const version = callPointer(getVersion, 'str', [])() as string;
    const table = callPointer(getApi, 'void *', ['uint32_t'])(ORT_API_VERSION) as Pointer | null;
    if (table === null) throw new OrtVersionError(version, ORT_API_VERSION);
    return new OrtApi(bindFunctions(table), version, path);
  }

  /** Calls a function that returns a status. */
  call(name: FunctionName, ...args: NativeArgument[]): void {
    this.check(name, this.functions[name](...args));
  }

  /** Calls a function whose last parameter receives a new pointer, and returns that. */
  create(name: FunctionName, ...args: NativeArgument[]): Pointer {
    const out: [Pointer | null] = [null];
    this.check(name, this.functions[name](...args, out));
    return out[0] as Pointer;
  }

  /** Calls a function whose last parameter receives a count. */
  size(name: FunctionName, ...args: NativeArgument[]): number {
    const out: [number] = [0];
    this.check(name, this.functions[name](...args, out));
    return Number(out[0]);
  }

  /** Calls a function whose last parameters receive an array of pointers and its length, and returns the pointers. */
  list(name: FunctionName, ...args: NativeArgument[]): Pointer[] {
    const out: [Pointer | null] = [null];
    const count = this.size(name, ...args, out);
    return out[0] === null || count === 0 ? [] : readPointers(out[0], count);
  }

  /** Names of the execution providers that the library was built with. */
  availableProviders(): string[] {
    const out: [Pointer | null] = [null];
    const count = this.size('GetAvailableProviders', out);
    const names = out[0] as Pointer;
    try {
      return readPointers(names, count).map(readString);
    } finally {
      this.call('ReleaseAvailableProviders', names, count);
    }
  }

  /**
   * Like {@link call}, on a thread-pool thread: the event loop stays free. The callback keeps the arguments
   * alive; memory that they point to is the caller's to keep.
   */
  callAsync(name: FunctionName, ...args: NativeArgument[]): Promise<void> {
    return new Promise((resolve, reject) => {
      this.functions[name].async(...args, (error, status) => {
        const failure = error instanceof Error ? error : this.failureOf(name, status);
        if (failure === undefined) resolve();
        else reject(failure);
      });
    });
  }

  /** Like {@link create}, on a thread-pool thread. */
  async createAsync(name: FunctionName, ...args: NativeArgument[]): Promise<Pointer> {
    const out: [Pointer | null] = [null];
    await this.callAsync(name, ...args, out);
    return out[0] as Pointer;
  }

  /** Calls a function that returns nothing, such as the Release family. */
  release(name: FunctionName, pointer: Pointer): void {
    this.functions[name](pointer);
  }

  private check(name: FunctionName, status: NativeResult): void {
    const failure = this.failureOf(name, status);
    if (failure !== undefined) throw failure;
  }

  private failureOf(name: FunctionName, status: NativeResult): OrtError | undefined {
    if (status === null || status === undefined) return undefined;
    const pointer = status as Pointer;
    const error = new OrtError(
      name,
      this.functions.GetErrorCode(pointer) as number,
      this.functions.GetErrorMessage(pointer) as string,
    );
    this.functions.ReleaseStatus(pointer);
    return error;
  }
}

/**
 * ONNX Runtime reports to its maker, and keeps a device id under the user's cache folder, unless it finds this variable
 * when it is initialised. Who wants that sets it to 0.
 */
function keepTelemetryOff(): void {
  // eslint-disable-next-line no-restricted-properties -- the variable is ONNX Runtime's, and it has no other switch that works in time
  process.env.ORT_DISABLE_TELEMETRY ??= '1';
}

function bindFunctions(table: Pointer): Functions {
  const highest = Math.max(...Object.values(FUNCTION_TABLE).map((entry) => entry.index));
  const pointers = readPointers(table, highest + 1);
  const bound = Object.entries(FUNCTION_TABLE).map(([name, entry]) => {
    const returns = entry.returns === 'status' ? 'void *' : entry.returns;
    const args = entry.args.map((arg) => NATIVE_TYPES[arg]?.() ?? arg);
    return [name, callPointer(pointers[entry.index], returns, args)];
  });
  return Object.fromEntries(bound) as Functions;
}

function readPointers(address: Pointer, count: number): Pointer[] {
  return koffi.decode(address, koffi.array('void *', count, 'Array')) as Pointer[];
}

function callPointer(pointer: Pointer | undefined, returns: NativeType, args: NativeType[]): NativeFunction {
  // The cast is the boundary to native code: koffi has no types for functions behind pointers.
  return koffi.decode(pointer, koffi.proto(returns, args)) as NativeFunction;
}

/** Address of the first byte of a typed array's memory. */
export function addressOf(array: ArrayBufferView): Pointer {
  return koffi.address(array);
}

/** Text behind a `const char *`. */
export function readString(pointer: Pointer): string {
  return koffi.decode.string(pointer);
}
