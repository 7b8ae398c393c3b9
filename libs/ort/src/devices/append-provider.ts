import { existsSync } from 'node:fs';
import path from 'node:path';
import { DeviceUnavailableError, LibraryLoadError, OrtError } from '../errors.js';
import { loadLibrary } from '../native/library.js';
import { type OrtApi, type Pointer } from '../native/ort-api.js';
import { type DeviceContext } from './device-context.js';
import { type ExecutionProvider } from './execution-provider.js';

/**
 * Adds a device to session options, which also opens it: on a thread-pool thread, since drivers take their time.
 * @throws DeviceUnavailableError
 */
export async function appendProvider(context: DeviceContext, options: Pointer): Promise<void> {
  const { api, device, provider } = context;
  const missing = whatIsMissing(api, provider);
  if (missing !== undefined)
    throw new DeviceUnavailableError(device.id, missing.reason, missing.remedy, { cause: missing.cause });
  try {
    if (provider.appendAs.kind === 'cuda') await appendCuda(context, options);
    else await appendByName(api, options, provider.appendAs.name, provider.options);
  } catch (cause) {
    if (!(cause instanceof OrtError)) throw cause;
    throw new DeviceUnavailableError(device.id, reasonOf(cause), provider.remedy, { cause });
  }
}

/** What went wrong, without the place in ONNX Runtime's source where it did. */
function reasonOf({ ortMessage }: OrtError): string {
  return (ortMessage.split(' was false. ').at(-1) ?? ortMessage).trim();
}

interface Missing {
  readonly reason: string;
  readonly remedy: string;
  readonly cause?: unknown;
}

function whatIsMissing(api: OrtApi, provider: ExecutionProvider): Missing | undefined {
  const providers = api.availableProviders();
  if (!providers.includes(provider.name)) {
    const platform = `${process.platform}/${process.arch}`;
    return {
      reason: `ONNX Runtime ${api.version} for ${platform} was built without ${provider.name}`,
      remedy: `use another device; it was built with ${providers.join(', ')}`,
    };
  }
  const files = provider.companionLibraries.map((name) => companionPath(api, name));
  const absent = files.filter((file) => !existsSync(file));
  if (absent.length > 0) {
    return {
      reason: `not found: ${absent.join(', ')}`,
      remedy: `get the CUDA build of ONNX Runtime ${api.version} with \`tessera runtime install cuda\``,
    };
  }
  return findMissingDriver(provider);
}

/** Asked for by itself, because without it the message of the provider's library tells of a file, not of a driver. */
function findMissingDriver({ driverLibrary, remedy }: ExecutionProvider): Missing | undefined {
  const library = driverLibrary[process.platform];
  if (library === undefined) return undefined;
  try {
    loadLibrary(library);
    return undefined;
  } catch (cause) {
    if (!(cause instanceof LibraryLoadError)) throw cause;
    return { reason: `the driver's library ${library} cannot be loaded: ${cause.reason}`, remedy, cause };
  }
}

function companionPath(api: OrtApi, name: string): string {
  const file = process.platform === 'win32' ? `${name}.dll` : `lib${name}.so`;
  return path.join(path.dirname(api.libraryPath), file);
}

function appendByName(
  api: OrtApi,
  options: Pointer,
  name: string,
  settings: Readonly<Record<string, string>>,
): Promise<void> {
  const [keys, values] = [Object.keys(settings), Object.values(settings)];
  return api.callAsync('SessionOptionsAppendExecutionProvider', options, name, keys, values, keys.length);
}

async function appendCuda(context: DeviceContext, options: Pointer): Promise<void> {
  const { api } = context;
  registerForCopies(context);
  const cuda = api.create('CreateCUDAProviderOptions');
  try {
    await api.callAsync('SessionOptionsAppendExecutionProvider_CUDA_V2', options, cuda);
  } finally {
    api.release('ReleaseCUDAProviderOptions', cuda);
  }
}

/** Copies outside a run go through the environment, which must be told of a provider in a library of its own. */
function registerForCopies(context: DeviceContext): void {
  const { api, environment, provider } = context;
  if (context.isRegistered) return;
  const library = companionPath(api, provider.companionLibraries.at(-1) as string);
  api.call('RegisterExecutionProviderLibrary', environment.pointer, provider.name, library);
  context.isRegistered = true;
}
