import { type UploadRecord } from '@tessera/contracts';
import { UploadPartsInvalidError } from '../errors.js';

/**
 * Checks the list that completes an upload.
 * @param bytesOf bytes of every part that the upload has
 * @throws {UploadPartsInvalidError} for a part that it has not, one given twice, and a sum other than announced
 */
export function checkParts(
  { id, bytes }: Pick<UploadRecord, 'id' | 'bytes'>,
  bytesOf: ReadonlyMap<string, number>,
  partIds: readonly string[],
): void {
  const seen = new Set<string>();
  let byteCount = 0;
  for (const partId of partIds) {
    const partBytes = bytesOf.get(partId);
    const shown = JSON.stringify(partId.slice(0, 80));
    if (partBytes === undefined)
      throw new UploadPartsInvalidError(`upload ${id} has no part ${shown}`, 'part_ids');
    if (seen.has(partId)) throw new UploadPartsInvalidError(`${shown} is given twice`, 'part_ids');
    seen.add(partId);
    byteCount += partBytes;
  }
  if (byteCount === bytes) return;
  throw new UploadPartsInvalidError(
    `the parts must have the ${bytes} bytes announced for the upload, given ${byteCount}`,
    'part_ids',
  );
}
