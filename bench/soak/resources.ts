import { readdirSync } from 'node:fs';

/** What a process holds at a moment. */
export interface Resources {
  readonly residentBytes: number;
  readonly heapBytes: number;
  readonly externalBytes: number;
  readonly arrayBufferBytes: number;
  /** Native objects of ONNX Runtime. */
  readonly handles: number;
  readonly openFiles: number;
}

/** Linux only: open files are counted in /proc. */
export function readResources(handles: number): Resources {
  const { rss, heapUsed, external, arrayBuffers } = process.memoryUsage();
  return {
    residentBytes: rss,
    heapBytes: heapUsed,
    externalBytes: external,
    arrayBufferBytes: arrayBuffers,
    handles,
    openFiles: readdirSync('/proc/self/fd').length,
  };
}
