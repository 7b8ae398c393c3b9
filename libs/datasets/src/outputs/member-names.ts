import { createHash } from 'node:crypto';

/** Room for a counter and an ending within the 255 bytes that file systems allow. */
const MAX_SEGMENT_BYTES = 200;
/** Of all folders together: what is left of the 1,024 bytes of a key in S3 takes the name, and the place of the folder. */
const MAX_FOLDER_BYTES = 600;
const EXTENSION = /\.[A-Za-z0-9]{1,5}$/;
const CONTROL_SIGNS = /[\0-\x1f\x7f]/g;

/** Folder and name that belong to a key, without the ending of the image. */
export interface MemberName {
  /** With its slash; may be empty. */
  readonly folder: string;
  readonly stem: string;
}

/**
 * Where the caption of an image lies: as the key says, for every key. A scheme and segments that lead nowhere are left
 * out, `..` leads nowhere else, and what is too long for a file system is cut and told apart by its hash.
 */
export function memberName(key: string): MemberName {
  const segments = key
    .replace(/^[a-z][a-z0-9+.-]*:\/\//i, '')
    .split('/')
    .filter((segment) => segment !== '' && segment !== '.')
    .map(safeSegment);
  const last = segments.pop() ?? '_';
  const folder = segments.map((segment) => `${shorten(segment)}/`).join('');
  const isShort = Buffer.byteLength(folder) <= MAX_FOLDER_BYTES;
  return {
    folder: isShort ? folder : `${shorten(segments.join('_'))}/`,
    stem: shorten(withoutExtension(last)),
  };
}

function withoutExtension(name: string): string {
  const stem = name.replace(EXTENSION, '');
  return stem === '' ? name : stem;
}

function safeSegment(segment: string): string {
  return segment === '..' ? '__' : segment.replace(CONTROL_SIGNS, '_');
}

function shorten(segment: string): string {
  const bytes = Buffer.from(segment);
  if (bytes.length <= MAX_SEGMENT_BYTES) return segment;
  const hash = createHash('sha256').update(bytes).digest('hex').slice(0, 16);
  // A letter that the cut splits is left out.
  const beginning = bytes
    .subarray(0, MAX_SEGMENT_BYTES - hash.length - 4)
    .toString('utf8')
    .replace(/\uFFFD$/, '');
  return `${beginning}-${hash}`;
}

/** The part of a name that tells the prompts of an image apart: none for the first, `.2` for the second. */
export function promptSuffix(promptIndex: number | undefined): string {
  return promptIndex === undefined || promptIndex === 0 ? '' : `.${promptIndex + 1}`;
}
