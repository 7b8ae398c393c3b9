/**
 * Functions of ONNX Runtime's `OrtApi` table that Tessera calls.
 *
 * Source: `struct OrtApi` of `onnxruntime_c_api.h`. The table is append-only, so an index, the position in that struct,
 * never changes its meaning.
 */

/** Version of the table that is asked for: the lowest that has every function below. */
export const ORT_API_VERSION = 24;

const POINTER = 'void *';
/** An out-parameter that receives a pointer. */
export const OUT = 'out pointer';
/** An out-parameter that receives a size_t. */
export const OUT_SIZE = 'out size_t';
/** An out-parameter that receives an int. */
export const OUT_INT = 'out int';
/** An array of pointers. */
export const POINTERS = 'pointers';
/** An array of C strings. */
export const STRINGS = 'strings';
/** A path: UTF-16 on Windows, UTF-8 elsewhere. */
export const PATH = 'path';

export type ArgumentType =
  | typeof POINTER
  | typeof OUT
  | typeof OUT_SIZE
  | typeof OUT_INT
  | typeof POINTERS
  | typeof STRINGS
  | typeof PATH
  | 'int'
  | 'size_t'
  | 'str';

interface FunctionEntry {
  readonly index: number;
  /** `status`: an OrtStatus pointer, null on success. */
  readonly returns: 'status' | 'void' | 'int' | 'str';
  readonly args: readonly ArgumentType[];
}

const status = (index: number, ...args: ArgumentType[]): FunctionEntry => ({
  index,
  returns: 'status',
  args,
});
const release = (index: number): FunctionEntry => ({ index, returns: 'void', args: [POINTER] });

export const FUNCTION_TABLE = {
  GetErrorCode: { index: 1, returns: 'int', args: [POINTER] },
  GetErrorMessage: { index: 2, returns: 'str', args: [POINTER] },
  ReleaseStatus: release(93),
  CreateThreadingOptions: status(121, OUT),
  SetGlobalIntraOpNumThreads: status(147, POINTER, 'int'),
  SetGlobalInterOpNumThreads: status(148, POINTER, 'int'),
  SetGlobalSpinControl: status(149, POINTER, 'int'),
  ReleaseThreadingOptions: release(122),
  CreateEnvWithGlobalThreadPools: status(119, 'int', 'str', POINTER, OUT),
  ReleaseEnv: release(92),
  CreateSessionOptions: status(10, OUT),
  DisablePerSessionThreads: status(120, POINTER),
  SetSessionGraphOptimizationLevel: status(23, POINTER, 'int'),
  EnableProfiling: status(14, POINTER, PATH),
  AddSessionConfigEntry: status(130, POINTER, 'str', 'str'),
  SessionOptionsAppendExecutionProvider: status(216, POINTER, 'str', STRINGS, STRINGS, 'size_t'),
  SessionOptionsAppendExecutionProvider_CUDA_V2: status(204, POINTER, POINTER),
  CreateCUDAProviderOptions: status(205, OUT),
  ReleaseCUDAProviderOptions: release(208),
  RegisterExecutionProviderLibrary: status(301, POINTER, 'str', PATH),
  GetAvailableProviders: status(125, OUT, OUT_INT),
  ReleaseAvailableProviders: status(126, POINTER, 'int'),
  ReleaseSessionOptions: release(100),
  CreateSession: status(7, POINTER, PATH, POINTER, OUT),
  CreateSessionFromArray: status(8, POINTER, POINTER, 'size_t', POINTER, OUT),
  ReleaseSession: release(95),
  SessionGetInputCount: status(30, POINTER, OUT_SIZE),
  SessionGetOutputCount: status(31, POINTER, OUT_SIZE),
  SessionGetInputName: status(36, POINTER, 'size_t', POINTER, OUT),
  SessionGetOutputName: status(37, POINTER, 'size_t', POINTER, OUT),
  SessionGetMemoryInfoForInputs: status(380, POINTER, POINTER, 'size_t'),
  Session_GetEpGraphAssignmentInfo: status(407, POINTER, OUT, OUT_SIZE),
  EpAssignedSubgraph_GetEpName: status(408, POINTER, OUT),
  EpAssignedSubgraph_GetNodes: status(409, POINTER, OUT, OUT_SIZE),
  EpAssignedNode_GetName: status(410, POINTER, OUT),
  EpAssignedNode_GetOperatorType: status(412, POINTER, OUT),
  GetAllocatorWithDefaultOptions: status(78, OUT),
  AllocatorFree: status(76, POINTER, POINTER),
  CreateAllocator: status(131, POINTER, POINTER, OUT),
  ReleaseAllocator: release(132),
  CreateCpuMemoryInfo: status(69, 'int', 'int', OUT),
  CreateMemoryInfo: status(68, 'str', 'int', 'int', 'int', OUT),
  MemoryInfoGetName: status(71, POINTER, OUT),
  ReleaseMemoryInfo: release(94),
  CreateTensorWithDataAsOrtValue: status(49, POINTER, POINTER, 'size_t', POINTER, 'size_t', 'int', OUT),
  CreateTensorAsOrtValue: status(48, POINTER, POINTER, 'size_t', 'int', OUT),
  GetTensorMutableData: status(51, POINTER, OUT),
  CopyTensors: status(386, POINTER, POINTERS, POINTERS, POINTER, 'size_t'),
  ReleaseValue: release(96),
  CreateIoBinding: status(134, POINTER, OUT),
  ReleaseIoBinding: release(135),
  BindInput: status(136, POINTER, 'str', POINTER),
  BindOutput: status(137, POINTER, 'str', POINTER),
  CreateRunOptions: status(39, OUT),
  RunOptionsSetTerminate: status(46, POINTER),
  ReleaseRunOptions: release(97),
  RunWithBinding: status(133, POINTER, POINTER, POINTER),
} as const satisfies Record<string, FunctionEntry>;

export type FunctionName = keyof typeof FUNCTION_TABLE;
