export interface InstallContext {
  readonly dataDirectory: string;
  readonly log: (line: string) => void;
  readonly isRoot: boolean;
}

/** What a way of installing did; whether a usable server is there now is for the caller to look. */
export type InstallOutcome = { kind: 'installed' } | { kind: 'failed' | 'unavailable'; reason: string };
