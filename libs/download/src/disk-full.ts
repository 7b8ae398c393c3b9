import { DiskFullError } from './errors.js';

const NO_ROOM: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: "the user's share of the disk is used up",
  EFBIG: 'the system allows no file of this size',
};

/** What a failure to write `file` means: a DiskFullError where there is no room, else the failure itself. */
export function toDiskFull(file: string, cause: unknown): unknown {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  const reason = NO_ROOM[code];
  return reason === undefined ? cause : new DiskFullError(file, reason, { cause });
}
