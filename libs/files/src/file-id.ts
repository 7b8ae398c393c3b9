import { randomBytes } from 'node:crypto';

const FILE_ID = /^file-[0-9a-f]{32}$/;
const UPLOAD_ID = /^upload_[0-9a-f]{32}$/;

/** A new file id: 128 random bits, so that nobody can guess another one's. */
export function newFileId(): string {
  return `file-${randomHex()}`;
}

/** Whether a text can be the id of a file at all; what cannot never reaches Redis or the store. */
export function isFileId(text: string): boolean {
  return FILE_ID.test(text);
}

export function newUploadId(): string {
  return `upload_${randomHex()}`;
}

export function isUploadId(text: string): boolean {
  return UPLOAD_ID.test(text);
}

export function newPartId(): string {
  return `part_${randomHex()}`;
}

function randomHex(): string {
  return randomBytes(16).toString('hex');
}
