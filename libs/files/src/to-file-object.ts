import { type FileObject, type FileRecord, type UploadObject, type UploadRecord } from '@tessera/contracts';

/** The file object that clients see. */
export function toFileObject(record: FileRecord): FileObject {
  return {
    id: record.id,
    object: 'file',
    bytes: record.bytes,
    created_at: toSeconds(record.createdAtMs),
    expires_at: record.expiresAtMs === undefined ? null : toSeconds(record.expiresAtMs),
    filename: record.filename,
    purpose: record.purpose,
    status: 'processed',
  };
}

/** The upload object that clients see; its file is there once it is completed. */
export function toUploadObject(record: UploadRecord, file?: FileRecord): UploadObject {
  return {
    id: record.id,
    object: 'upload',
    bytes: record.bytes,
    created_at: toSeconds(record.createdAtMs),
    expires_at: toSeconds(record.expiresAtMs),
    filename: record.filename,
    purpose: record.purpose,
    status: record.status,
    file: file === undefined ? null : toFileObject(file),
  };
}

function toSeconds(milliseconds: number): number {
  return Math.floor(milliseconds / 1000);
}
