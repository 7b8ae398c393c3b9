/** Prefix of everything that the store has of files. */
export const FILES_PREFIX = 'files/';
/** Prefix of everything that the store has of uploads. */
export const UPLOADS_PREFIX = 'uploads/';

export function filePrefix(id: string): string {
  return `${FILES_PREFIX}${id}/`;
}

export function contentKey(id: string): string {
  return `${filePrefix(id)}content`;
}

export function recordKey(id: string): string {
  return `${filePrefix(id)}file.json`;
}

export function uploadPrefix(id: string): string {
  return `${UPLOADS_PREFIX}${id}/`;
}

export function partKey(uploadId: string, partId: string): string {
  return `${uploadPrefix(uploadId)}parts/${partId}`;
}
