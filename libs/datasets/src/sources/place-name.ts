import type { FilePlace } from '../source.js';

/** A place as messages and rows name it: its path, or `s3://bucket/key`. */
export function placeName(place: FilePlace): string {
  return place.kind === 'file' ? place.path : `s3://${place.bucket}/${place.key}`;
}
