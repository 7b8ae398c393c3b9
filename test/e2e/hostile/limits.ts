/** Limits of the system under test, apart from those left at their defaults. */
export const MAX_IMAGE_PIXELS = 25_000_000;
export const MAX_IMAGE_BYTES = 20_000_000;
export const MAX_BODY_BYTES = 75_000_000;
export const MAX_IMAGES_PER_JOB = 64;
// Long enough for a busy machine: none but the cases that are slow on purpose may meet them.
export const FETCH_TIMEOUT_MS = 4_000;
export const HEADERS_TIMEOUT_MS = 4_000;
export const REQUEST_TIMEOUT_MS = 15_000;

export const HOSTILE_SETTINGS = {
  TESSERA_ALLOWED_PRIVATE_NETWORKS: '127.0.0.2/32',
  TESSERA_MAX_IMAGE_PIXELS: String(MAX_IMAGE_PIXELS),
  TESSERA_FETCH_TIMEOUT_MS: String(FETCH_TIMEOUT_MS),
  TESSERA_HEADERS_TIMEOUT_MS: String(HEADERS_TIMEOUT_MS),
  TESSERA_REQUEST_TIMEOUT_MS: String(REQUEST_TIMEOUT_MS),
  // What may pass is told at once instead of tried again.
  TESSERA_MAX_ATTEMPTS: '1',
};

/**
 * The API holds a few requests of up to 75 MB, each as bytes, as text and decoded. The worker holds the pictures of a
 * dozen jobs, each up to 25 million pixels while it is decoded and tiled, beside its model. Were one of the large bombs
 * unfolded (20,000 x 20,000 pixels are 1.2 GB), either would be far past its bound.
 */
export const MAX_PEAK_MEMORY_BYTES = { api: 800_000_000, worker: 1_200_000_000 };
