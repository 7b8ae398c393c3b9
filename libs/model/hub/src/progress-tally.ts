import { type ListedFile } from './hub-repository.js';
import { type FileProgress } from './download-file.js';

/** How far a download is as a whole. */
export interface PullProgress {
  /** Checking what is there already, or downloading. */
  readonly phase: 'checking' | 'downloading';
  readonly bytesDone: number;
  readonly bytesTotal: number;
  /** The part of `bytesDone` that this run has worked for: what it hashed or received. Speed is measured by it. */
  readonly bytesWorked: number;
  readonly filesDone: number;
  readonly fileCount: number;
}

/** Adds up how far the files are. */
export class ProgressTally implements FileProgress {
  private readonly bytesByPath = new Map<string, number>();
  private readonly bytesTotal: number;
  private bytesDone = 0;
  private bytesWorked = 0;
  private filesDone = 0;

  constructor(
    private readonly phase: PullProgress['phase'],
    private readonly files: readonly ListedFile[],
    private readonly onProgress: (progress: PullProgress) => void,
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

  finished({ path, bytes }: ListedFile): void {
    this.filesDone += 1;
    this.placed(path, bytes);
  }

  private report(): void {
    const { phase, bytesDone, bytesTotal, bytesWorked, filesDone } = this;
    this.onProgress({ phase, bytesDone, bytesTotal, bytesWorked, filesDone, fileCount: this.files.length });
  }
}
