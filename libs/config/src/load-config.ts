import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type KeyLimits } from '@tessera/contracts';
import { groupObjectStore } from './group-object-store.js';
import { type Environment, readSettings, type SettingValues } from './read-settings.js';

/** Redis of a process that is told of none. */
export const DEFAULT_REDIS_URL = 'redis://127.0.0.1:6379';

// From libs/config/src or libs/config/dist, whichever runs.
const EMBEDDED_MODEL = fileURLToPath(new URL('../../../models/tessera-tiny', import.meta.url));

/** Every setting, grouped by who reads it. Paths are absolute; units are in the names. */
export type Config = ReturnType<typeof groupSettings>;

/**
 * Reads and checks the environment once.
 * @param environment defaults to that of the process
 * @throws {ConfigurationError} listing every problem
 */
export function loadConfig(environment: Environment = process.env): Config {
  return groupSettings(readSettings(environment), process.cwd());
}

function groupSettings(values: SettingValues, workingDirectory: string) {
  const dataDirectory = resolve(workingDirectory, values.TESSERA_DATA_DIR);
  return deepFreeze({
    http: groupHttp(values),
    access: { adminKey: values.TESSERA_ADMIN_KEY, apiKey: values.TESSERA_API_KEY },
    redis: { url: values.REDIS_URL, prefix: values.TESSERA_QUEUE_PREFIX },
    data: { directory: dataDirectory, captionCacheBytes: values.TESSERA_CAPTION_CACHE_BYTES },
    ...groupObjectStore(values, { workingDirectory, dataDirectory }),
    model: {
      directory: resolve(workingDirectory, values.TESSERA_MODEL ?? EMBEDDED_MODEL),
      precision: values.TESSERA_PRECISION,
      prefill: values.TESSERA_PREFILL,
      acceptedIds: values.TESSERA_MODELS,
    },
    runtime: {
      directory: resolve(workingDirectory, values.TESSERA_RUNTIME_DIR ?? resolve(dataDirectory, 'runtime')),
    },
    network: { allowedPrivateNetworks: values.TESSERA_ALLOWED_PRIVATE_NETWORKS },
    hub: groupHub(values),
    images: {
      maxBytes: values.TESSERA_MAX_IMAGE_BYTES,
      maxBytesPerJob: values.TESSERA_MAX_JOB_IMAGE_BYTES,
      maxPixels: values.TESSERA_MAX_IMAGE_PIXELS,
      maxPerJob: values.TESSERA_MAX_IMAGES_PER_JOB,
      fetchTimeoutMs: values.TESSERA_FETCH_TIMEOUT_MS,
    },
    fetching: groupFetching(values),
    jobs: {
      maxWaiting: values.TESSERA_MAX_WAITING_JOBS,
      maxAttempts: values.TESSERA_MAX_ATTEMPTS,
      retentionSeconds: values.TESSERA_RETENTION_SECONDS,
    },
    files: {
      maxBytes: values.TESSERA_MAX_FILE_BYTES,
      uploadIdleTimeoutMs: values.TESSERA_UPLOAD_IDLE_TIMEOUT_MS,
      downloads: values.TESSERA_DOWNLOADS,
    },
    limits: groupLimits(values),
    webhooks: groupWebhooks(values),
    worker: groupWorker(values),
    dispatcher: {
      deliveryLockMs: values.TESSERA_DELIVERY_LOCK_MS,
      healthPort: values.TESSERA_DISPATCHER_HEALTH_PORT,
    },
    log: { level: values.TESSERA_LOG_LEVEL },
  });
}

function groupHttp(values: SettingValues) {
  return {
    host: values.HOST,
    port: values.PORT,
    publicUrl: values.TESSERA_PUBLIC_URL,
    maxBodyBytes: values.TESSERA_MAX_BODY_BYTES,
    maxStreams: values.TESSERA_MAX_STREAMS,
    maxWaitSeconds: values.TESSERA_MAX_WAIT_SECONDS,
    maxChatSeconds: values.TESSERA_MAX_CHAT_SECONDS,
    requestTimeoutMs: values.TESSERA_REQUEST_TIMEOUT_MS,
    headersTimeoutMs: values.TESSERA_HEADERS_TIMEOUT_MS,
    shutdownTimeoutMs: values.TESSERA_SHUTDOWN_TIMEOUT_MS,
  };
}

function groupFetching(values: SettingValues) {
  const { TESSERA_OPT_OUT_DIRECTIVES: directives, TESSERA_OPT_OUT_SCOPE: scope } = values;
  return {
    concurrency: values.TESSERA_FETCHES,
    concurrencyPerHost: values.TESSERA_FETCHES_PER_HOST,
    requestsPerSecondPerHost: values.TESSERA_FETCH_RATE_PER_HOST,
    dnsCacheMs: values.TESSERA_DNS_CACHE_SECONDS * 1000,
    userAgent: values.TESSERA_USER_AGENT,
    /** Directives of `X-Robots-Tag` that images are left alone for. */
    optOuts: { ofRows: scope === 'none' ? [] : directives, ofJobs: scope === 'all' ? directives : [] },
  };
}

/** What is unset is absent: no limit. */
function groupLimits(values: SettingValues): KeyLimits {
  const limits = {
    requestsPerSecond: values.TESSERA_LIMIT_REQUESTS_PER_SECOND,
    concurrentRequests: values.TESSERA_LIMIT_CONCURRENT_REQUESTS,
    queuedJobs: values.TESSERA_LIMIT_QUEUED_JOBS,
    openBatches: values.TESSERA_LIMIT_OPEN_BATCHES,
    queuedRows: values.TESSERA_LIMIT_QUEUED_ROWS,
    storedBytes: values.TESSERA_LIMIT_STORED_BYTES,
    tokensPerDay: values.TESSERA_LIMIT_TOKENS_PER_DAY,
  };
  return Object.fromEntries(Object.entries(limits).filter(([, limit]) => limit !== undefined));
}

function groupWebhooks(values: SettingValues) {
  return {
    secret: values.TESSERA_WEBHOOK_SECRET,
    scheduleMs: values.TESSERA_WEBHOOK_SCHEDULE,
    giveUp: {
      failedEvents: values.TESSERA_WEBHOOK_FAILED_EVENTS,
      failingForMs: values.TESSERA_WEBHOOK_FAILING_SECONDS * 1000,
      waiting: values.TESSERA_WEBHOOK_BACKLOG,
    },
    logEntries: values.TESSERA_WEBHOOK_LOG_ENTRIES,
    maxEndpointsPerOwner: values.TESSERA_MAX_WEBHOOK_ENDPOINTS,
  };
}

function groupHub(values: SettingValues) {
  return {
    endpoint: values.HF_ENDPOINT,
    token: values.HF_TOKEN,
    proxy: { http: values.HTTP_PROXY, https: values.HTTPS_PROXY, except: values.NO_PROXY },
  };
}

function groupWorker(values: SettingValues) {
  return {
    device: values.TESSERA_DEVICE,
    threads: values.TESSERA_THREADS,
    slots: values.TESSERA_SLOTS,
    featureCacheBytes: values.TESSERA_FEATURE_CACHE_BYTES,
    kvCacheBytes: values.TESSERA_KV_CACHE_BYTES,
    drainTimeoutMs: values.TESSERA_DRAIN_TIMEOUT_MS,
    stepTimeoutMs: values.TESSERA_STEP_TIMEOUT_MS,
    lockDurationMs: values.TESSERA_LOCK_DURATION_MS,
    healthPort: values.TESSERA_WORKER_HEALTH_PORT,
  };
}

type DeepReadonly<T> = T extends (infer Item)[]
  ? readonly Item[]
  : T extends object
    ? { readonly [Key in keyof T]: DeepReadonly<T[Key]> }
    : T;

function deepFreeze<T extends object>(value: T): DeepReadonly<T> {
  for (const inner of Object.values(value)) {
    if (typeof inner === 'object' && inner !== null) deepFreeze(inner as object);
  }
  // Freezing changes no shape: the type only says what has just been done.
  return Object.freeze(value) as DeepReadonly<T>;
}
