import { type Checksum } from './checksum.js';

/** A file as a listing has it. The path is the listing's word: it may be anything. */
export interface RemoteFile {
  readonly path: string;
  readonly bytes: number;
  readonly checksum: Checksum;
}
