import { type RemoteFile } from './remote-file.js';
import { type FileProgress } from './download-file.js';

/** Checking what is there already, downloading, or unpacking what has arrived. */
export type TransferPhase = 'checking' | 'downloading' | 'unpacking';

/** How far a transfer is as a whole. */
export interface TransferProgress {
  readonly phase: TransferPhase;
  readonly bytesDone: number;
  readonly bytesTotal: number;
  /** The part of `bytesDone` that this run has worked for: what it hashed or received. Speed is measured by it. */
  readonly bytesWorked: number;
  readonly filesDone: number;
  readonly fileCount: number;
}

/** A file whose progress is followed. */
export type TalliedFile = Pick<RemoteFile, 'path' | 'bytes'>;

/** Adds up how far the files are. */
export class ProgressTally implements FileProgress {
  private readonly bytesByPath = new Map<string, number>();
  private readonly bytesTotal: number;
  private bytesDone = 0;
  private bytesWorked = 0;
  private filesDone = 0;

  constructor(
    private readonly phase: TransferProgress['phase'],
    private readonly files: readonly TalliedFile[],
    private readonly onProgress: (progress: TransferProgress) => void,
  ) {
    this.bytesTotal = files.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  placed(path: string, bytes: number): void {
    this.bytesDone += bytes - (this.bytesByPath.get(path) ?? 0);
    this.bytesByPath.set(path, bytes);
    this.report();
  }

  received(path: string, bytes: number): void {
    this.bytesWorked += bytes;
    this.placed(path, (this.bytesByPath.get(path) ?? 0) + bytes);
  }

  finished({ path, bytes }: TalliedFile): void {
    this.filesDone += 1;
    this.placed(path, bytes);
  }

  private report(): void {
    const { phase, bytesDone, bytesTotal, bytesWorked, filesDone } = this;
    this.onProgress({ phase, bytesDone, bytesTotal, bytesWorked, filesDone, fileCount: this.files.length });
  }
}
