import { readFileSync, statSync } from 'node:fs';

/**
 * What a small file of the operating system says, read again when it has changed. Synchronous, since the threads of
 * asynchronous reads may be waiting for names.
 */
export class SystemFile<Content> {
  private latest: { readonly version: string; readonly content: Content } | undefined;

  constructor(
    private readonly path: string,
    private readonly parse: (text: string) => Content,
  ) {}

  read(): Content {
    const version = versionOf(this.path);
    if (this.latest?.version !== version) {
      this.latest = { version, content: this.parse(version === ABSENT ? '' : readText(this.path)) };
    }
    return this.latest.content;
  }
}

const ABSENT = 'absent';

function versionOf(path: string): string {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats === undefined ? ABSENT : [stats.ino, stats.size, stats.mtimeMs].join();
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // For the system, too, a file that may not be read says nothing.
    return '';
  }
}
