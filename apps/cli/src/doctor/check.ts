import { type Config } from '@tessera/config';
import { type ProbeOutcome } from './probe-outcome.js';

/**
 * `ok`: works. `absent`: this machine does not offer it and the settings do not ask for it. `warning`: works, and
 * something about it should be known. `broken`: the settings need it and it does not work.
 */
export type CheckStatus = 'ok' | 'absent' | 'warning' | 'broken';

export interface CheckResult {
  readonly status: CheckStatus;
  /** One line of what was found. */
  readonly summary: string;
  /** What to do about it. */
  readonly remedy?: string;
  /** The same in numbers and names, for programs. */
  readonly facts: Readonly<Record<string, unknown>>;
}

export interface CheckContext {
  readonly config: Config;
  /** What processes of their own found out about each device, asked for once. */
  readonly probe: (device: Config['worker']['device']) => Promise<ProbeOutcome>;
}

/** One thing that the doctor looks at. It answers with a result; what it throws is the doctor's own fault. */
export interface Check {
  readonly name: string;
  run(context: CheckContext): Promise<CheckResult>;
}
